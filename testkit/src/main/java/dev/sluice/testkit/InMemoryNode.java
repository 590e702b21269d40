// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.Transport;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.session.bridge.BridgeOptions;
import dev.sluice.session.bridge.CloseRecord;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.session.bridge.ConnectionOpener;
import dev.sluice.session.bridge.ConnectionView;
import dev.sluice.session.bridge.Connections;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.Sweep;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The engine on an executor, which is its loop and its workers, and its clock. Tells it the time as
 * often as a node does, as long as there are connections.
 */
final class InMemoryNode {

  static final InetSocketAddress ADDRESS =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 8443);

  /** As often as in a node. */
  static final Duration TICK = Duration.ofMillis(250);

  private static final int CONNECTION_INPUT = 1 << 20;
  private static final long NODE_OUTPUT = 128 << 20;
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);
  private static final int CLOSE_RECORDS = 256;

  private final DeterministicExecutor executor;
  private final Connections connections;
  private final Sweep sweep;

  // Of the executor's tasks.
  private boolean ticking;

  InMemoryNode(DeterministicExecutor executor, OutboundConnector outbound, long inboundLimit) {
    this.executor = executor;
    this.connections =
        new Connections(
            options(inboundLimit),
            List.of(executor),
            execution -> executor.workers(),
            executor.ticker(),
            executor.clock().instants());
    connections.connectBy(loop -> outbound);
    this.sweep = connections.sweepOf(executor);
  }

  static BridgeOptions options(long inboundLimit) {
    return new BridgeOptions(
        inboundLimit, CONNECTION_INPUT, NODE_OUTPUT, REQUEST_TIMEOUT, CLOSE_RECORDS);
  }

  DeterministicExecutor executor() {
    return executor;
  }

  Connections connections() {
    return connections;
  }

  /** What carries a new connection; not begun. */
  InMemoryCarrier carrier(
      Endpoint endpoint, Observer observer, Delivery delivery, ConnectionOptions options) {
    if (options.transport() == Transport.UDP) {
      return new InMemoryDatagrams(
          executor, observer, delivery, endpoint, options.place(), options);
    }
    InMemoryStream stream = new InMemoryStream(executor, observer, delivery, options);
    @Nullable ConnectionOpener opener = options.opener();
    stream.connect(
        opener == null
            ? endpoint.accepted(options.place(), executor, observer.allocator(), stream)
            : endpoint.opened(
                options.served(), opener, options.place(), executor, observer.allocator(), stream));
    return stream;
  }

  /** By a task: as the end of a node does. */
  void drain(Endpoint endpoint, Duration deadline, Duration idleGrace) {
    endpoint.drain(deadline, idleGrace);
    Future<?> unused =
        executor.schedule(
            () -> endpoint.abortAll(CloseReason.DRAIN_DEADLINE),
            deadline.toNanos(),
            TimeUnit.NANOSECONDS);
  }

  Optional<CloseRecord> recordOf(ConnId id) {
    return connections.closeRecords().latest(1, one -> one.id() == id.value()).stream().findFirst();
  }

  /** What the engine has found against a session, seen by nobody else: what it wrote is broken. */
  Optional<String> failure(Endpoint endpoint, ConnId id) {
    Map<String, Long> errors = endpoint.metrics().snapshot().errors();
    return errors.containsKey("session") || errors.containsKey("internal")
        ? recordOf(id).flatMap(CloseRecord::note).map(why -> "it was closed for a failure: " + why)
        : Optional.empty();
  }

  Optional<ConnectionView> viewOf(ConnId id) {
    return connections.page(ConnectionFilter.ALL, id.value() - 1, 1).stream()
        .filter(one -> one.id() == id.value())
        .findFirst();
  }

  /** By a task: there is a connection. */
  void keepTicking() {
    if (!ticking) {
      ticking = true;
      nextTick();
    }
  }

  private void nextTick() {
    Future<?> unused = executor.schedule(this::tick, TICK.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void tick() {
    sweep.tick(executor.ticker().nanoTime());
    if (sweep.size() > 0) {
      nextTick();
    } else {
      ticking = false;
    }
  }
}
