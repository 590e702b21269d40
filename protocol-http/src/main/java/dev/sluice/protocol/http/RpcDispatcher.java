// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.Execution;
import dev.sluice.api.NodeContext;
import dev.sluice.api.rpc.RequestLimits;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.api.rpc.RpcService;
import java.util.Optional;

/** Hands requests to the applications of their interface. One for a protocol and node. */
public final class RpcDispatcher {

  /** What the node itself knows; an application may answer others with 405 all the same. */
  public static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

  private final NodeContext node;
  private final ApplicationFailures failures = new ApplicationFailures();

  /**
   * A dispatcher that uses the node's threads.
   *
   * @param node as a protocol's {@code start} is given it
   */
  public RpcDispatcher(NodeContext node) {
    this.node = node;
  }

  /**
   * Calls the application that claims the request's path, or answers in the place of one. On the
   * connection's loop.
   *
   * @param exchange valid, and nothing was called of it
   */
  public void dispatch(HttpExchange exchange) {
    RequestHead head = exchange.head();
    Optional<RpcService> found = exchange.connection().rpc().find(head.path());
    if (found.isPresent() && !limit(exchange, found.get())) {
      return;
    }
    if (head.contentLength() > exchange.limits().maxBodySize().bytes()) {
      exchange.refuseBody();
    } else if (found.isPresent()) {
      RpcService service = found.get();
      exchange.begin(order(service, exchange), service, failures);
    } else {
      exchange.answer(unclaimed(head, exchange));
    }
  }

  /**
   * The answer to a request that no application hears of.
   *
   * @param problem why
   * @return with the fields that belong to it
   */
  public static RpcResponse refusal(HttpProblem problem) {
    RpcResponse response = problem.response();
    if (problem == HttpProblem.METHOD_NOT_ALLOWED) {
      response.header("allow", METHODS);
    } else if (problem == HttpProblem.CAPPED) {
      response.header("retry-after", "1");
    }
    return response;
  }

  /** Asks the application for the request's limits. False: it failed, which was answered. */
  private boolean limit(HttpExchange exchange, RpcService service) {
    RequestLimits own;
    try {
      own = service.handler().limits(exchange.method(), exchange.path());
    } catch (Throwable thrown) {
      failures.tell(service.name(), exchange, "threw", thrown);
      exchange.connection().count(HttpProblem.HANDLER_FAILED.code());
      exchange.answer(HttpProblem.HANDLER_FAILED.response());
      return false;
    }
    if (own != RequestLimits.OF_INTERFACE) {
      exchange.limitedBy(own);
    }
    return true;
  }

  private HandlerOrder order(RpcService service, HttpExchange exchange) {
    return service.execution() == Execution.EVENT_LOOP
        ? HandlerOrder.onLoop(exchange.connection().executor(), service.classLoader())
        : HandlerOrder.onPool(node.executor(service.execution()), service.classLoader());
  }

  private static RpcResponse unclaimed(RequestHead head, HttpExchange exchange) {
    if (head.path().equals("*")) {
      // RFC 9110, section 9.3.7: about the server as a whole.
      return RpcResponse.of(204).header("allow", METHODS);
    }
    if (head.path().equals("/")) {
      if (head.method().equals("GET") || head.method().equals("HEAD")) {
        return Welcome.response();
      }
      if (!head.method().equals("OPTIONS")) {
        exchange.connection().count(HttpProblem.METHOD_NOT_ALLOWED.code());
        return HttpProblem.METHOD_NOT_ALLOWED.response().header("allow", Welcome.METHODS);
      }
      return RpcResponse.of(204).header("allow", Welcome.METHODS);
    }
    exchange.connection().count(HttpProblem.NOT_FOUND.code());
    return HttpProblem.NOT_FOUND.response();
  }
}
