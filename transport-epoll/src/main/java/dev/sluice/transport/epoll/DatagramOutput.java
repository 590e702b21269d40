// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.transport.epoll.InterfaceOptions.ConnectionLimits;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What one socket is to send, to all of its peers. {@link #reserve} and the state of writability
 * belong to any thread, all else to the loop.
 */
final class DatagramOutput {

  /** What a datagram costs beside its bytes: without it nothing would bound the empty ones. */
  private static final int OVERHEAD = 128;

  /** The node's budget is settled in steps of this, so that small writes do not touch it. */
  private static final int SETTLE = 16 << 10;

  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(1);

  private final Channel channel;
  private final Socket socket;
  private final EventLoop loop;
  private final OutboundBudget budget;
  private final int highMark;
  private final int hardMark;
  private final InterfaceMetrics metrics;

  /** Accepted by writeOutbound, not yet taken by the kernel; with overhead. */
  private final AtomicLong queued = new AtomicLong();

  /** Those that were told, or saw, that it is not writable. */
  private final Set<DatagramPeer> waiting = ConcurrentHashMap.newKeySet();

  // Written where the queue crosses a mark, on any thread; read by isWritable.
  private volatile boolean overMark;

  private boolean unflushed;
  private boolean flushing;
  private boolean gone;
  private long settled;
  private long datagrams;
  private long bytes;

  DatagramOutput(
      EpollDatagramChannel channel,
      EventLoop loop,
      OutboundBudget budget,
      ConnectionLimits limits,
      InterfaceMetrics metrics) {
    this.channel = channel;
    this.socket = (Socket) channel.fd();
    this.loop = loop;
    this.budget = budget;
    this.highMark = limits.highMark();
    this.hardMark = limits.hardMark();
    this.metrics = metrics;
  }

  /** Counts a datagram before it is queued; any thread. False: there is too much queued already. */
  boolean reserve(DatagramPeer peer, int size) {
    long before = queued.getAndAdd(size + OVERHEAD);
    if (before > hardMark || (before > highMark && budget.exhausted())) {
      takeBack(size);
      return false;
    }
    if (before + size + OVERHEAD > highMark) {
      overMark = true;
      holdBack(peer);
    }
    return true;
  }

  boolean belowMark() {
    return !overMark;
  }

  /** Any thread: the peer's session hears when it is writable again. */
  void holdBack(DatagramPeer peer) {
    if (waiting.add(peer)) {
      peer.calls().writabilityChanged(false);
      if (!overMark && waiting.remove(peer)) {
        peer.calls().writabilityChanged(true);
      }
    }
  }

  /** Any thread: what was reserved is not queued any more. */
  void takeBack(int size) {
    long left = queued.addAndGet(-(size + OVERHEAD));
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
    if (queued.get() > highMark) {
      overMark = true;
      return;
    }
    Iterator<DatagramPeer> each = waiting.iterator();
    while (each.hasNext()) {
      DatagramPeer peer = each.next();
      // First: what it is told from now on is told anew.
      each.remove();
      peer.calls().writabilityChanged(true);
    }
  }

  /** On the loop: queues what was reserved. */
  void write(ByteBuf data, InetSocketAddress to, DatagramWrite write) {
    if (data.isReadable()) {
      unflushed = true;
      channel.write(new DatagramPacket(data, to), write);
    } else {
      data.release();
      sendEmpty(to, write);
    }
  }

  /**
   * Past Netty, which leaves a lone empty datagram unsent and, where there is one among others,
   * sends one of those twice.
   */
  private void sendEmpty(InetSocketAddress to, DatagramWrite write) {
    flush();
    try {
      socket.sendTo(NOTHING, 0, 0, to.getAddress(), to.getPort());
      write.setSuccess();
    } catch (IOException e) {
      write.setFailure(e);
    }
  }

  /** On the loop: the kernel took it, or will never. */
  void completed(int size, boolean sent) {
    if (sent) {
      datagrams++;
      bytes += size;
    } else {
      metrics.error(InterfaceMetrics.Errors.SEND);
    }
    takeBack(size);
    if (!flushing) {
      report();
      settle();
    }
  }

  /** On the loop. */
  void flush() {
    if (unflushed) {
      unflushed = false;
      flushing = true;
      channel.flush();
      flushing = false;
    }
    report();
    settle();
  }

  /** Passes what was counted here on to the interface; not at every datagram, which would cost. */
  private void report() {
    if (datagrams > 0) {
      metrics.datagramsOut.add(datagrams);
      metrics.bytesOut.add(bytes);
      datagrams = 0;
      bytes = 0;
    }
  }

  private void settle() {
    if (gone) {
      return;
    }
    long now = queued.get();
    if (Math.abs(now - settled) > SETTLE || (now == 0 && settled != 0)) {
      budget.add(now - settled);
      settled = now;
    }
  }

  /** On the loop: the socket is gone, and every write with it. */
  void discard() {
    gone = true;
    report();
    budget.add(-settled);
    settled = 0;
  }

  void forget(DatagramPeer peer) {
    waiting.remove(peer);
  }
}
