// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.Session;
import dev.sluice.api.Transport;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicLong;

/** Raw bytes from outside on their way through a session. Any thread. */
final class Replies {

  private final SessionBridge bridge;
  private final SessionCalls calls;

  // Bytes that the session has not been called with.
  private final AtomicLong waiting = new AtomicLong();

  Replies(SessionBridge bridge, SessionCalls calls) {
    this.bridge = bridge;
    this.calls = calls;
  }

  /**
   * Takes the buffer over in every case. Refuses while more waits for the session's turn than a
   * connection may have queued.
   */
  boolean send(ByteBuf data, boolean terminate) {
    int bytes = data.readableBytes();
    if (waiting.getAndAdd(bytes) <= bridge.options().limits().hardMark()
        && calls.session() != null
        && !bridge.closeRequested()
        && calls.order().execute(() -> pass(data, bytes, terminate))) {
      return true;
    }
    waiting.addAndGet(-bytes);
    data.release();
    return false;
  }

  /** In the session's order. */
  private void pass(ByteBuf data, int bytes, boolean terminate) {
    waiting.addAndGet(-bytes);
    int references = Buffers.lend(data);
    // Nothing is something only where it is a datagram.
    if (bytes > 0 || bridge.transport() == Transport.UDP) {
      Tapping hears = bridge.tapping();
      if (hears != null) {
        hears.outside(data);
      }
      calls.callAlways(target -> target.sendData(data));
    }
    calls.takeBack(data, references);
    if (terminate) {
      bridge.cause().askedToEnd("asked to end by a reply");
      bridge.tell(SessionTap.Event.ASKED_TO_END, 0);
      calls.callAlways(Session::closeSession);
    }
  }
}
