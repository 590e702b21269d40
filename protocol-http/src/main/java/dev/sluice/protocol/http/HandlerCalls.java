// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.RpcService;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one request into its application, in the order of the application; whatever one of
 * them throws is the application's failure. Never written to: calls are given from any thread.
 */
final class HandlerCalls implements Runnable {

  private final HttpExchange exchange;
  private final HandlerOrder order;
  private final RpcService service;
  private final ApplicationFailures failures;

  HandlerCalls(
      HttpExchange exchange, HandlerOrder order, RpcService service, ApplicationFailures failures) {
    this.exchange = exchange;
    this.order = order;
    this.service = service;
    this.failures = failures;
  }

  /** Gives the request to the application. */
  void begin() {
    order.execute(this);
  }

  /** The first call, which every request has: it needs no object of its own. */
  @Override
  public void run() {
    try {
      service.handler().handle(exchange);
    } catch (Throwable thrown) {
      failed(thrown);
    }
  }

  /** Makes a call in its turn. */
  void add(Runnable call) {
    order.execute(() -> guard(call));
  }

  /** As {@link #add}, of one that does not throw and guards what it calls itself. */
  void addGuarded(Runnable call) {
    order.execute(call);
  }

  /** Within a turn. */
  void guard(Runnable call) {
    try {
      call.run();
    } catch (Throwable thrown) {
      failed(thrown);
    }
  }

  private void failed(Throwable thrown) {
    tell("threw", thrown);
    exchange.failed();
  }

  /** Tells the operator what the application has done, on any thread. */
  void tell(String what, @Nullable Throwable thrown) {
    failures.tell(service.name(), exchange, what, thrown);
  }

  /** Whether what is given to a call on the loop is used before {@link #add} returns. */
  boolean immediate() {
    return order.immediate();
  }
}
