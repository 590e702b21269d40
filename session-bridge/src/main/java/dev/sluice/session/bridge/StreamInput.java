// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stream's input on its way to the session, pass by pass. Where the session runs on the loop its
 * order is entered with the first bytes of a pass and left at its end; else the pass waits for the
 * session's turn as a whole. On the loop.
 */
final class StreamInput {

  private final StreamBridge bridge;
  private final SessionCalls calls;
  private final InboundGate gate;

  private boolean inPass;
  private boolean entered;
  private boolean calling;
  private @Nullable List<ByteBuf> later;

  /** Null once the protocol is known, and where there is no choice. */
  private @Nullable ProtocolChooser chooser;

  // Written on the loop, read by views.
  private long received;

  StreamInput(StreamBridge bridge, SessionCalls calls, InboundGate gate) {
    this.bridge = bridge;
    this.calls = calls;
    this.gate = gate;
    EndpointOptions options = bridge.options();
    this.chooser =
        options.secure() || options.protocols().only() != null ? null : new ProtocolChooser(bridge);
  }

  /** Takes the buffer over. {@link #passComplete} has to follow. */
  void received(ByteBuf data) {
    received += data.readableBytes();
    if (chooser == null) {
      deliver(data);
    } else {
      chooser.received(data);
    }
  }

  /** As above, once the protocol is known. */
  void deliver(ByteBuf data) {
    if (!inPass) {
      inPass = true;
      entered = calls.enter();
    }
    if (!entered || calling || later != null) {
      if (later == null) {
        later = new ArrayList<>(2);
      }
      later.add(data);
      return;
    }
    calling = true;
    try {
      calls.deliver(data);
    } catch (Throwable thrown) {
      bridge.failedWithin(thrown);
    } finally {
      calling = false;
    }
  }

  /** The end of a pass of reading. From within a call into the session it comes too early. */
  void passComplete() {
    if (!inPass || calling) {
      return;
    }
    List<ByteBuf> queued = later;
    later = null;
    if (queued != null) {
      int bytes = 0;
      for (int i = 0; i < queued.size(); i++) {
        bytes += queued.get(i).readableBytes();
      }
      gate.queue(bytes);
      calls.later(queued, bytes);
    } else if (entered) {
      calling = true;
      try {
        calls.incomingComplete();
      } catch (Throwable thrown) {
        bridge.failedWithin(thrown);
      } finally {
        calling = false;
      }
    }
    inPass = false;
    if (entered) {
      entered = false;
      calls.leave();
    }
    gate.checkNodeBudget();
  }

  /** Whether a pass is under way, at whose end there will be a flush. */
  boolean inPass() {
    return inPass;
  }

  /** Plaintext bytes; any thread, elsewhere than on the loop it may be old. */
  long bytes() {
    return received;
  }

  // ---- the choice of a protocol

  /** The first bytes have told whose they are. */
  void chosen(Protocol protocol) {
    chooser = null;
    calls.choose(protocol);
  }

  /** Whether bytes have come that will make a session once its protocol is chosen. */
  boolean choosing() {
    return chooser != null && chooser.keeping();
  }

  void look(long now) {
    if (chooser != null) {
      chooser.look(now);
    }
  }

  /** The peer has ended its sending side. */
  void ended() {
    if (chooser != null) {
      chooser.inputEnded();
    }
    passComplete();
  }

  /** Nothing comes any more. */
  void end() {
    passComplete();
    if (chooser != null) {
      chooser.end();
    }
  }
}
