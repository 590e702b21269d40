// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.outbound;

import dev.sluice.api.Session;
import dev.sluice.api.outbound.OutboundConnection;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.session.bridge.Ending;
import dev.sluice.session.bridge.EndpointMetrics;
import java.util.concurrent.CompletableFuture;

/** What whoever asked for a connection waits for: given once, whatever comes after. Any thread. */
final class OutboundAnswer<S extends Session> {

  private final OutboundTarget target;
  private final EndpointMetrics metrics;
  private final TargetTable.Row figures;
  private final CompletableFuture<OutboundConnection<S>> stage = new CompletableFuture<>();

  OutboundAnswer(OutboundTarget target, EndpointMetrics metrics, TargetTable.Row figures) {
    this.target = target;
    this.metrics = metrics;
    this.figures = figures;
  }

  CompletableFuture<OutboundConnection<S>> stage() {
    return stage;
  }

  /** False: nobody waits any more. */
  boolean give(OutboundConnection<S> made) {
    return stage.complete(made);
  }

  /** Tells whoever waits, if nobody has before. */
  void refuse(OutboundFailure failure) {
    if (!stage.isDone()) {
      // Counted first, so that who hears of it finds it counted.
      metrics.error(OutboundFailure.counter(failure.kind()));
      figures.failed(failure.kind());
      String message = target + ": " + Ending.bounded(failure.words());
      stage.completeExceptionally(new OutboundException(failure.kind(), message, failure.cause()));
    }
  }
}
