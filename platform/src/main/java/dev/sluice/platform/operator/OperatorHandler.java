// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import dev.sluice.api.Execution;
import dev.sluice.api.rpc.ApplicationContext;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.Endpoints;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The application {@code node}. It has threads of its own, so that it answers while every worker is
 * taken: that is when it is needed.
 */
public final class OperatorHandler implements RpcHandler {

  /** Its name, which no plug-in may have. */
  public static final String NAME = "node";

  /** Where it answers. */
  public static final String PREFIX = "/node";

  private static final int THREADS = 2;

  private final OperatorRules rules;

  // Set before the start, by the thread that starts.
  private @Nullable OperatedNode node;

  // Set at the start, before the first request, whose loop is another thread.
  private volatile @Nullable Running running;

  private record Running(
      Endpoints endpoints,
      LiveEvents events,
      PrometheusMetrics prometheus,
      ScheduledThreadPoolExecutor threads) {}

  /**
   * Nothing runs yet.
   *
   * @param allowedHosts names that the node goes by, beside its addresses and localhost, lower case
   * @param allowedClients subjects of the client certificates that may ask; empty: anybody may
   */
  public OperatorHandler(Set<String> allowedHosts, List<String> allowedClients) {
    this.rules = new OperatorRules(Set.copyOf(allowedHosts), List.copyOf(allowedClients));
  }

  /**
   * Says which node it is about; before {@link #start}.
   *
   * @param operated the node
   */
  public void attach(OperatedNode operated) {
    node = operated;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<String> prefixes() {
    return List.of(PREFIX);
  }

  /** A request is only looked at there, and handed on. */
  @Override
  public Execution execution() {
    return Execution.EVENT_LOOP;
  }

  @Override
  public void start(ApplicationContext context) {
    OperatedNode operated = node;
    if (operated == null) {
      throw new IllegalStateException("attached to no node");
    }
    ScheduledThreadPoolExecutor threads = threads();
    LiveEvents events = new LiveEvents(new NodeState(operated), threads);
    PrometheusMetrics prometheus = new PrometheusMetrics(operated);
    Endpoints endpoints = new Endpoints();
    new OperatorEndpoints(operated, events, prometheus, threads).addTo(endpoints);
    running = new Running(endpoints, events, prometheus, threads);
  }

  private static ScheduledThreadPoolExecutor threads() {
    AtomicInteger number = new AtomicInteger();
    ScheduledThreadPoolExecutor threads =
        new ScheduledThreadPoolExecutor(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "sluice-operator-" + number.incrementAndGet());
              thread.setDaemon(true);
              // Not that of whoever has asked first.
              thread.setContextClassLoader(OperatorHandler.class.getClassLoader());
              return thread;
            });
    threads.setRemoveOnCancelPolicy(true);
    return threads;
  }

  @Override
  public void handle(RpcContext request) {
    Optional<RpcResponse> refusal = rules.refusal(request);
    Running now = running;
    if (refusal.isPresent()) {
      request.connection().count("operator_refused");
      boolean unused = request.respond(refusal.get());
    } else if (now == null) {
      boolean unused = request.respond(stopping());
    } else {
      try {
        now.threads.execute(() -> inOrder(request, () -> now.endpoints.handle(request)));
      } catch (RejectedExecutionException ended) {
        boolean unused = request.respond(stopping());
      }
    }
  }

  private static RpcResponse stopping() {
    return OperatorJson.problem(503, "stopping", "The node is about to end.");
  }

  /** A part of an answer. */
  interface Part {
    void run() throws Exception;
  }

  /**
   * For one of the operator's threads, which would keep to itself whatever is thrown: it goes to
   * the request's own order, where it counts as this application's failure and is answered.
   */
  static void inOrder(RpcContext request, Part part) {
    try {
      part.run();
    } catch (Throwable e) {
      request.execute(
          () -> {
            throw new IllegalStateException(e);
          });
    }
  }

  /** Ends the streams that would otherwise last as long as their readers; requests go on. */
  public void endStreams() {
    Running now = running;
    if (now != null) {
      now.events.end();
    }
  }

  @Override
  public void stop() {
    Running now = running;
    running = null;
    if (now != null) {
      now.events.end();
      now.threads.shutdownNow();
      // The JVM's collectors would go on telling it, and so keep the node.
      now.prometheus.close();
    }
  }
}
