// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.protocol.http.client.HttpClientException.Kind;
import java.time.Duration;

/**
 * The limits of time of one call, looked at by its connection's timer. Written on the connection's
 * loop.
 */
final class CallDeadlines {

  /** How long a peer has to say whether it takes a body; old ones never do. */
  private static final long CONTINUE_PATIENCE = Duration.ofSeconds(1).toNanos();

  private final HttpClientExchange exchange;
  private final long began;

  /** When something of the call came or went, or the peer's turn began. */
  private long moved;

  CallDeadlines(HttpClientExchange exchange) {
    this.exchange = exchange;
    this.began = exchange.now();
    this.moved = began;
  }

  void moved() {
    moved = exchange.now();
  }

  /** Of a call that is not over. */
  void check(long now, OutgoingRequest outgoing, IncomingResponse incoming) {
    HttpClientRequest request = exchange.request();
    Duration deadline = request.deadline().orElse(null);
    if (deadline != null && now - began >= deadline.toNanos()) {
      exchange.giveUp(Kind.TIMEOUT, "not answered within its deadline of " + deadline, null);
      return;
    }
    if (outgoing.awaitsContinue() && !incoming.wholeRead() && now - moved >= CONTINUE_PATIENCE) {
      moved = now;
      outgoing.continueBody();
    }
    if (incoming.waitsForCaller() || outgoing.waitsForCaller()) {
      moved = now;
    } else if (outgoing.begun() && now - moved >= request.readTimeout().toNanos()) {
      exchange.giveUp(Kind.TIMEOUT, "nothing has moved for " + request.readTimeout(), null);
    }
  }
}
