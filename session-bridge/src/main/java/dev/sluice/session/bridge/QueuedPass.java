// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.buffer.ByteBuf;
import java.util.List;

/** What one pass of reading has brought, for a session that was not to be called at once. */
final class QueuedPass extends SessionOrder.Call {

  private final SessionBridge bridge;
  private final SessionCalls calls;
  private final List<ByteBuf> input;
  private final int cost;

  /** Takes the buffers over. */
  QueuedPass(SessionBridge bridge, SessionCalls calls, List<ByteBuf> input, int cost) {
    this.bridge = bridge;
    this.calls = calls;
    this.input = input;
    this.cost = cost;
  }

  /** In the session's order. */
  @Override
  void run() {
    int next = 0;
    try {
      while (next < input.size()) {
        calls.call(input.get(next++));
      }
      calls.callIncomingComplete();
    } finally {
      while (next < input.size()) {
        Buffers.release(input.get(next++));
      }
      bridge.inputProcessed(cost);
    }
  }
}
