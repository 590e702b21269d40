// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.platform.capture.NodeCaptures;
import dev.sluice.transport.epoll.EpollTransport;
import dev.sluice.transport.epoll.outbound.OutboundConnections;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stages of a node's end, in their order. One that fails is told and hinders none behind it:
 * the ports and the threads are given up whatever happens. For one thread, once.
 */
final class NodeEnd {

  private static final Logger log = LoggerFactory.getLogger(Node.class);

  /** How long threads are waited for once every session has been told. */
  private static final Duration THREADS_END = Duration.ofSeconds(2);

  /** How long the operator's own connections may take when all else has ended. */
  private static final Duration OPERATOR_END = Duration.ofSeconds(2);

  private final NodePlan plan;
  private final EpollTransport transport;
  private final RpcConnectionManager manager;
  private final NodeCaptures captures;
  private final Providers providers;

  NodeEnd(
      NodePlan plan,
      EpollTransport transport,
      RpcConnectionManager manager,
      NodeCaptures captures,
      Providers providers) {
    this.plan = plan;
    this.transport = transport;
    this.manager = manager;
    this.captures = captures;
    this.providers = providers;
  }

  /**
   * Ends all of it.
   *
   * @param served whether the start was complete; else nobody is waited for
   */
  void run(boolean served) {
    stage("listening", manager::listenNoMore);
    stage("the begin of the drain", manager.drain()::begin);
    if (served) {
      pause(plan.config().drainDelay());
    }
    endConnections(served ? plan.config().drainTimeout() : Duration.ZERO);
    // With the ends of all sessions, and while there are redactors.
    stage("captures", captures::close);
    stage("protocols and applications", providers::stop);
    stage("outbound connections", manager.outbound()::close);
    // From here on there is nothing left to shorten: threads that are asked to end do so.
    boolean interrupted = Thread.interrupted();
    List<String> left = stopThreads(transport);
    stage("the plan", plan::close);
    manager.drain().ended(left);
    if (served) {
      stage("the report", this::report);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void report() {
    log.info("{}", manager.drain().report().text());
    manager.metrics().forEach((name, metrics) -> log.debug("{} {}", name, metrics.snapshot()));
  }

  /** Those that do not end, each with its stack; they are told. */
  static List<String> stopThreads(EpollTransport transport) {
    List<String> left = new ArrayList<>();
    stage("threads", () -> left.addAll(transport.stop(THREADS_END)));
    left.forEach(thread -> log.warn("a thread does not end: {}", thread));
    return left;
  }

  /** Nothing that it throws goes further than the log. */
  static void stage(String what, Runnable stage) {
    try {
      stage.run();
    } catch (Throwable e) {
      log.error("the stop goes on though this has failed: {}", what, e);
    }
  }

  private static void pause(Duration delay) {
    try {
      // Nothing counts this down: a wait that an interrupt can end.
      new CountDownLatch(1).await(delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The operator can look on while applications end, and does not hold the stop up. */
  private void endConnections(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    Duration grace = plan.config().drainIdleGrace();
    drain(names(planned -> !planned.operator()), patience, grace);
    // One that serves applications beside the operator's has what is left of their time.
    Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    Duration brief = shorter(patience, OPERATOR_END);
    List<String> shared = names(planned -> planned.operator() && !planned.operatorAlone());
    stage("the operator's streams", plan.operator()::endStreams);
    drain(shared, longer(left, brief), grace);
    // Behind those whose requests may have needed them.
    Duration rest = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    drain(List.of(OutboundConnections.NAME), rest, Duration.ZERO);
    drain(names(PlannedInterface::operatorAlone), brief, Duration.ZERO);
  }

  private void drain(List<String> names, Duration patience, Duration idleGrace) {
    stage("connections of " + names, () -> manager.drain().end(names, patience, idleGrace));
  }

  private List<String> names(Predicate<PlannedInterface> which) {
    return plan.interfaces().stream().filter(which).map(PlannedInterface::name).toList();
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? other : one;
  }
}
