// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What one socket is to send, to all of its peers. {@link #reserve} and the state of writability
 * belong to any thread, all else to the loop.
 */
public class DatagramOutput extends OutputTurn {

  /** What a datagram costs beside its bytes: without it nothing would bound the empty ones. */
  private static final int OVERHEAD = 128;

  private final DatagramWire wire;
  private final EventExecutor loop;
  private final DatagramPass pass;
  private final DatagramOptions datagrams;
  private final OutboundBudget budget;
  private final EndpointMetrics metrics;
  private final int highMark;
  private final int hardMark;

  /** Accepted by writeOutbound, not yet taken by the kernel; with overhead. */
  private final AtomicLong queued = new AtomicLong();

  /** Those that were told, or saw, that it is not writable. */
  private final Set<DatagramBridge> waiting = ConcurrentHashMap.newKeySet();

  // Written where the queue crosses a mark, on any thread; read by isWritable.
  private volatile boolean overMark;

  private boolean unflushed;
  private boolean flushing;
  private boolean flushScheduled;
  private boolean gone;
  private long settled;
  private long sent;
  private long sentBytes;

  /**
   * Nothing to send yet.
   *
   * @param endpoint of the interface
   * @param datagrams what is special about them
   * @param pass of the interface
   * @param wire the socket's effects
   */
  public DatagramOutput(
      Endpoint endpoint, DatagramOptions datagrams, DatagramPass pass, DatagramWire wire) {
    this.wire = wire;
    this.loop = wire.loop();
    this.pass = pass;
    this.datagrams = datagrams;
    this.budget = endpoint.connections().outboundBudget();
    this.metrics = endpoint.metrics();
    this.highMark = endpoint.options().limits().highMark();
    this.hardMark = endpoint.options().limits().hardMark();
  }

  DatagramWire wire() {
    return wire;
  }

  DatagramPass pass() {
    return pass;
  }

  DatagramOptions datagrams() {
    return datagrams;
  }

  // ---- any thread

  /** Others may change it at any moment; a test overrides this to be such another. */
  long queued() {
    return queued.get();
  }

  /** Counts a datagram before it is queued. False: there is too much queued already. */
  boolean reserve(int size) {
    long before = queued.getAndAdd(size + OVERHEAD);
    if (before > hardMark || (before > highMark && budget.exhausted())) {
      takeBack(size);
      return false;
    }
    return true;
  }

  /** Behind the queueing of what was reserved: tells the peer's session if it went over. */
  void reserved(DatagramBridge peer) {
    if (queued() > highMark) {
      overMark = true;
      holdBack(peer);
      // The loop may have sent all of it since, and have seen no mark to go back from.
      lookBelow(queued());
    }
  }

  /** Whether the peer's session may write; if not, it will hear when it may. */
  boolean writable(DatagramBridge peer) {
    if (overMark) {
      holdBack(peer);
      return false;
    }
    return true;
  }

  private void holdBack(DatagramBridge peer) {
    if (waiting.add(peer)) {
      peer.calls().writabilityChanged(false);
      if (!overMark && waiting.remove(peer)) {
        peer.calls().writabilityChanged(true);
      }
      if (peer.gone()) {
        waiting.remove(peer);
      }
    }
  }

  /** What was reserved is not queued any more. */
  void takeBack(int size) {
    lookBelow(queued.addAndGet(-(size + OVERHEAD)));
  }

  private void lookBelow(long left) {
    if (overMark && left <= highMark / 2) {
      if (loop.inEventLoop()) {
        backBelowMark();
      } else {
        try {
          loop.execute(this::backBelowMark);
        } catch (RejectedExecutionException loopHasEnded) {
          // Nobody writes any more.
        }
      }
    }
  }

  private void backBelowMark() {
    overMark = false;
    // A writer on another thread may have crossed the mark in between.
    if (queued() > highMark) {
      overMark = true;
      return;
    }
    Iterator<DatagramBridge> each = waiting.iterator();
    // A peer that goes on may take all the room there was: then it waits again, among those that
    // are still to be told, and there would be no end of it.
    while (!overMark && each.hasNext()) {
      DatagramBridge peer = each.next();
      // First: what it is told from now on is told anew.
      each.remove();
      peer.calls().writabilityChanged(true);
    }
  }

  // ---- on the loop

  /** Sends what was reserved. */
  void write(ByteBuf data, DatagramBridge to, int size, DatagramBridge.@Nullable Told told) {
    unflushed = true;
    spend(size + OVERHEAD);
    wire.send(data, to, size, told);
  }

  /** The kernel took it, or will never. */
  void completed(int size, boolean success) {
    if (success) {
      sent++;
      sentBytes += size;
    } else {
      metrics.error(EndpointMetrics.Errors.SEND);
    }
    takeBack(size);
    if (!flushing) {
      report();
      settle();
    }
  }

  /** For writes outside of a session's call: one flush for all of this turn. */
  void scheduleFlush() {
    if (!flushScheduled) {
      flushScheduled = true;
      try {
        loop.execute(this::flush);
      } catch (RejectedExecutionException loopHasEnded) {
        // Nothing is sent any more.
      }
    }
  }

  void flush() {
    flushScheduled = false;
    if (pass.open()) {
      return;
    }
    if (unflushed && !flushing) {
      flushing = true;
      try {
        while (unflushed && !spent()) {
          unflushed = false;
          wire.flush();
        }
      } finally {
        flushing = false;
      }
      if (unflushed) {
        awaitNext();
      }
    }
    report();
    settle();
  }

  @Override
  EventExecutor loop() {
    return loop;
  }

  @Override
  void flushInTurn() {
    flush();
  }

  /** Passes what was counted here on to the interface; not at every datagram, which would cost. */
  private void report() {
    if (sent > 0) {
      metrics.datagramsOut.add(sent);
      metrics.bytesOut.add(sentBytes);
      sent = 0;
      sentBytes = 0;
    }
  }

  private void settle() {
    if (gone) {
      return;
    }
    long now = queued();
    if (Math.abs(now - settled) > OutboundBudget.STEP || (now == 0 && settled != 0)) {
      budget.add(now - settled);
      settled = now;
    }
  }

  /** The socket is gone, and every write with it. */
  public void discard() {
    gone = true;
    report();
    budget.add(-settled);
    settled = 0;
  }

  void forget(DatagramBridge peer) {
    waiting.remove(peer);
  }
}
