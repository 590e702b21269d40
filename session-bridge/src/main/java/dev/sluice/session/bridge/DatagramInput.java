// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A peer's datagrams on their way to its session, each in a buffer of its own: at once where its
 * session runs on the loop, queued else. On the loop but where it says otherwise.
 */
final class DatagramInput {

  /** What a waiting datagram costs beside its bytes: without it nothing would bound empty ones. */
  private static final int OVERHEAD = 256;

  private final DatagramBridge bridge;
  private final SessionCalls calls;
  private final DatagramPass pass;
  private final InboundBudget budget;
  private final int limit;

  // Cost of datagrams that wait for the session; the loop adds, the session's turn takes away.
  private final AtomicLong waiting = new AtomicLong();

  // Said by the session on any thread, read on the loop.
  private volatile boolean paused;

  private boolean inPass;
  private boolean delivered;

  // Written on the loop, read by views.
  private long bytes;

  DatagramInput(DatagramBridge bridge, DatagramPass pass) {
    this.bridge = bridge;
    this.calls = bridge.calls();
    this.pass = pass;
    Connections connections = bridge.endpoint().connections();
    this.budget = connections.inboundBudget();
    this.limit = connections.options().inboundConnectionLimit();
  }

  /** The buffer stays the caller's. */
  void received(ByteBuf data) {
    int size = data.readableBytes();
    pass.count(size);
    bytes += size;
    if (bridge.closeRequested()) {
      return;
    }
    if (paused) {
      overflow();
      return;
    }
    if (bridge.heldInput().bytes() > 0 && budget.exhausted()) {
      noRoom();
      return;
    }
    if (!inPass) {
      inPass = true;
      pass.add(bridge);
    }
    boolean entered = calls.enter();
    try {
      if (entered) {
        ByteBuf own = copy(data, size);
        delivered = true;
        calls.deliver(own);
      } else if (waiting.get() > limit) {
        overflow();
      } else if (budget.exhausted()) {
        noRoom();
      } else {
        later(copy(data, size), size + OVERHEAD);
      }
    } catch (OutOfMemoryError noRoomForACopy) {
      // Lost as on the network.
      overflow();
    } catch (Throwable thrown) {
      bridge.failedWithin(thrown);
    } finally {
      if (entered) {
        calls.leave();
      }
    }
  }

  private void later(ByteBuf own, int cost) {
    waiting.addAndGet(cost);
    budget.add(cost);
    calls.later(List.of(own), cost);
  }

  /**
   * The datagrams of a pass share a buffer: what a session keeps, or releases without owning it,
   * must not be another session's.
   */
  private ByteBuf copy(ByteBuf data, int size) {
    ByteBuf own = bridge.allocator().buffer(size);
    // Not writeBytes, which makes an NIO view of each of both buffers.
    data.getBytes(data.readerIndex(), own, size);
    return own;
  }

  /** The newest is dropped: what waits is older and may still be answered. */
  private void overflow() {
    bridge.endpoint().metrics().error(EndpointMetrics.Errors.QUEUE_OVERFLOW);
  }

  /** What fills the node may be held by peers of datagrams alone, each waiting for more. */
  private void noRoom() {
    budget.dropped();
    overflow();
  }

  void passComplete() {
    inPass = false;
    if (!delivered) {
      // What was queued tells of its end by itself.
      return;
    }
    delivered = false;
    if (calls.enter()) {
      calls.incomingComplete();
      calls.leave();
    } else {
      calls.order().execute(calls::callIncomingComplete);
    }
  }

  /** Any thread: the session is done with a datagram that waited. */
  void processed(int cost) {
    waiting.addAndGet(-cost);
    budget.release(cost);
  }

  /** Any thread: the session wants none for now, or wants them again. */
  void pause(boolean wanted) {
    paused = wanted;
  }

  /** Any thread. */
  boolean paused() {
    return paused;
  }

  /** Any thread. */
  long waiting() {
    return waiting.get();
  }

  /** Any thread. */
  long bytes() {
    return bytes;
  }
}
