// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.session.bridge.Admission;
import dev.sluice.session.bridge.Connections;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.session.bridge.Protocol;
import dev.sluice.session.bridge.Sweep;
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Ticker;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The engine on real threads: two loops, four workers, and time that passes by itself. */
final class ThreadedNode implements AutoCloseable {

  private static final int LOOPS = 2;
  private static final int WORKERS = 4;
  private static final long INBOUND = 16 << 20;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long LOOK_NANOS = 100_000;

  /** More often than a node: what has ended is cleared away by it. */
  private static final long TICK_MILLIS = 5;

  private final CustomProtocolSubsystem protocol;
  private final Protocol asked;
  private final InMemoryInterface.Options set;
  private final List<EventExecutor> loops = new ArrayList<>();
  private final ExecutorService workers =
      Executors.newFixedThreadPool(WORKERS, new DefaultThreadFactory("contract-worker", true));
  private final Connections connections;
  private final List<ThreadedConnection> made = new ArrayList<>();

  ThreadedNode(CustomProtocolSubsystem protocol, InMemoryInterface.Options set) {
    this.protocol = protocol;
    this.set = set;
    for (int loop = 0; loop < LOOPS; loop++) {
      loops.add(new DefaultEventExecutor(new DefaultThreadFactory("contract-loop", true)));
    }
    connections =
        new Connections(
            InMemoryNode.options(INBOUND),
            loops,
            execution -> workers,
            Ticker.systemTicker(),
            InstantSource.system());
    OutboundConnector none = OutboundConnector.unsupported("on threads nothing is connected to");
    connections.connectBy(loop -> none);
    for (EventExecutor loop : loops) {
      Sweep sweep = connections.sweepOf(loop);
      Future<?> unused =
          loop.scheduleAtFixedRate(
              () -> sweep.tick(loop.ticker().nanoTime()),
              TICK_MILLIS,
              TICK_MILLIS,
              TimeUnit.MILLISECONDS);
    }
    asked = Protocol.of(protocol).withSettings(settings());
    try {
      protocol.start(new InMemoryNodeContext("testkit", workers, none, null));
    } catch (Exception failure) {
      throw new IllegalStateException("the protocol did not start", failure);
    }
  }

  private @Nullable Record settings() {
    return set.settings() != null
        ? set.settings()
        : protocol.settingsType().map(SettingDefaults::of).orElse(null);
  }

  /** On the loops by turns. Of the test's thread. */
  ThreadedConnection connect() {
    EventExecutor loop = loops.get(made.size() % LOOPS);
    CallWatch calls = new CallWatch();
    Observer observer = new Observer(calls, () -> calls.caller() != null, true);
    EndpointOptions served =
        InMemoryInterface.served("threads", observer, asked, set.rpc(), set.tls(), set);
    Endpoint endpoint = connections.endpoint(served);
    Admission.Place place = Objects.requireNonNull(endpoint.reserve(), "without a cap");
    ConnectionOptions options =
        new ConnectionOptions(
            served,
            place,
            null,
            set.transport(),
            set.tls(),
            false,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 1024 + made.size()));
    Delivery delivery = new Delivery();
    InMemoryStream stream = new InMemoryStream(loop, observer, delivery, options);
    stream.connect(endpoint.accepted(place, loop, observer.allocator(), stream));
    ThreadedConnection connection =
        new ThreadedConnection(loop, endpoint, observer, delivery, stream, calls);
    made.add(connection);
    return connection;
  }

  /** Waits, not for ever. */
  static void await(BooleanSupplier condition, Supplier<String> otherwise) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError(otherwise.get());
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  /** Breaks off what is open, waits for all of it, and looks at what the sessions have done. */
  @Override
  public void close() {
    try {
      made.forEach(ThreadedConnection::reset);
      for (ThreadedConnection connection : made) {
        await(connection::ended, () -> "a session has not ended" + connection.standing());
      }
      await(
          () -> connections.remains().equals(Connections.Remains.NOTHING),
          () -> "left behind by connections that have ended: " + connections.remains());
      protocol.stop();
    } finally {
      loops.forEach(loop -> loop.shutdownGracefully(0, 0, TimeUnit.SECONDS));
      workers.shutdownNow();
    }
    for (EventExecutor loop : loops) {
      await(loop::isTerminated, () -> "a loop has not ended");
    }
    await(workers::isTerminated, () -> "a worker has not ended");
    made.forEach(ThreadedConnection::check);
  }
}
