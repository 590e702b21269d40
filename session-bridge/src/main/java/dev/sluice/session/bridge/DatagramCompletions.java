// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.WriteCompletion;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Tells who wants to hear of a peer's datagrams, in the order of the writes, whatever order they
 * become known in. On the loop.
 */
final class DatagramCompletions {

  private final SessionCalls calls;
  private final ArrayDeque<DatagramBridge.Told> untold = new ArrayDeque<>(0);

  DatagramCompletions(SessionCalls calls) {
    this.calls = calls;
  }

  /** Null where nobody wants to hear. */
  DatagramBridge.@Nullable Told add(@Nullable WriteCompletion listener) {
    if (listener == null) {
      return null;
    }
    DatagramBridge.Told told = new DatagramBridge.Told(listener);
    untold.add(told);
    return told;
  }

  void tell(DatagramBridge.@Nullable Told told, boolean sent) {
    if (told == null) {
      return;
    }
    told.known = true;
    told.sent = sent;
    DatagramBridge.Told oldest;
    while ((oldest = untold.peek()) != null && oldest.known) {
      untold.remove();
      calls.complete(oldest.listener, oldest.sent);
    }
  }

  /** What is not known by now never will be. */
  void end() {
    DatagramBridge.Told oldest;
    while ((oldest = untold.poll()) != null) {
      calls.complete(oldest.listener, oldest.known && oldest.sent);
    }
  }
}
