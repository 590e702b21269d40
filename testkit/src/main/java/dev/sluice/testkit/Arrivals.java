// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Session;
import dev.sluice.api.Transport;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What the peer has sent and the node has not read yet, and the reading of it.
 *
 * <p>Confined to the executor's tasks.
 */
final class Arrivals {

  /** Bytes, or one of the ends, which have none. */
  private static final class Input {
    static final Input PASS_END = new Input(null);
    static final Input END = new Input(null);

    final byte @Nullable [] data;

    Input(byte @Nullable [] data) {
      this.data = data;
    }
  }

  private final DeterministicExecutor executor;
  private final Inbound inbound;
  private final Outbound outbound;
  private final SessionCalls calls;
  private final InMemorySessionContext context;
  private final Deque<Input> arriving = new ArrayDeque<>();
  private boolean readWanted;
  private boolean inPass;
  private Duration lastRead = Duration.ZERO;

  Arrivals(
      DeterministicExecutor executor,
      Inbound inbound,
      Outbound outbound,
      SessionCalls calls,
      InMemorySessionContext context) {
    this.executor = executor;
    this.inbound = inbound;
    this.outbound = outbound;
    this.calls = calls;
    this.context = context;
  }

  /** When a byte was read last. */
  Duration lastRead() {
    return lastRead;
  }

  void pass(byte[]... parts) {
    for (byte[] part : parts) {
      if (part.length > 0 || context.transport() == Transport.UDP) {
        arriving.add(new Input(part));
      }
    }
    arriving.add(Input.PASS_END);
    wantRead();
  }

  void end() {
    arriving.add(Input.END);
    wantRead();
  }

  void wantRead() {
    if (!readWanted) {
      readWanted = true;
      executor.execute(this::readNext);
    }
  }

  /** One step a task, so that what the session queues meanwhile runs in between. */
  private void readNext() {
    readWanted = false;
    if (!outbound.open()) {
      arriving.clear();
      return;
    }
    Input next = inbound.mayRead() ? arriving.poll() : null;
    if (next == null) {
      endPass();
      return;
    }
    if (next.data != null) {
      read(next.data);
    } else if (next == Input.END) {
      ended();
    } else {
      endPass();
    }
    wantRead();
  }

  private void read(byte[] data) {
    lastRead = executor.clock().elapsed();
    calls.make();
    if (outbound.open()) {
      inPass = true;
      calls.data(data);
    }
  }

  private void endPass() {
    if (inPass) {
      inPass = false;
      calls.call("incomingComplete", Session::incomingComplete);
    }
  }

  private void ended() {
    if (calls.alive() && !context.secure()) {
      outbound.peerEnded();
      calls.call("inputClosed", Session::inputClosed);
    } else {
      outbound.flush();
      outbound.abort(CloseReason.PEER_CLOSED);
    }
  }
}
