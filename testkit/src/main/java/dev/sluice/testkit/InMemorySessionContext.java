// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.ConnId;
import dev.sluice.api.ScheduledTask;
import dev.sluice.api.SessionContext;
import dev.sluice.api.TlsInfo;
import dev.sluice.api.Transport;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.rpc.RpcMap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** What a session hears of its in-memory connection. */
final class InMemorySessionContext implements SessionContext {

  /** Brings tasks into the session's order. */
  interface Order {
    /** Any thread; false once the connection is gone. */
    boolean execute(Runnable task);
  }

  private static final int MAX_NOTE = 200;

  private final ConnId id;
  private final ConnectionOptions options;
  private final DeterministicExecutor executor;
  private final ByteBufAllocator allocator;
  private final Order order;
  private final Map<String, Long> counters = new ConcurrentHashMap<>();

  /** Volatile: may be left from any thread. */
  private volatile @Nullable String note;

  InMemorySessionContext(
      ConnectionOptions options,
      DeterministicExecutor executor,
      ByteBufAllocator allocator,
      Order order) {
    this.id = ConnId.of(options.id());
    this.options = options;
    this.executor = executor;
    this.allocator = allocator;
    this.order = order;
  }

  boolean canShutdownOutput() {
    return transport() == Transport.TCP && !secure();
  }

  Map<String, Long> counters() {
    return Map.copyOf(counters);
  }

  @Nullable String note() {
    return note;
  }

  @Override
  public ConnId id() {
    return id;
  }

  @Override
  public String interfaceName() {
    return id.value() < 0 ? "outbound" : "memory";
  }

  @Override
  public Transport transport() {
    return options.transport();
  }

  @Override
  public SocketAddress localAddress() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 8443);
  }

  @Override
  public SocketAddress remoteAddress() {
    int port = 1024 + (int) (Math.abs(id.value()) % 60_000);
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  @Override
  public Optional<TlsInfo> tls() {
    return Optional.ofNullable(options.tls());
  }

  @Override
  public boolean capped() {
    return options.capped();
  }

  @Override
  public <T extends Record> T settings(Class<T> type) {
    if (!type.isInstance(options.settings())) {
      throw new IllegalArgumentException(
          "the settings are " + options.settings() + " and no " + type.getName());
    }
    return type.cast(options.settings());
  }

  @Override
  public RpcMap rpc() {
    return options.rpc();
  }

  @Override
  public OutboundConnector outbound() {
    return options.outbound();
  }

  @Override
  public ByteBufAllocator allocator() {
    return allocator;
  }

  @Override
  public EventExecutor executor() {
    return executor;
  }

  @Override
  public boolean execute(Runnable task) {
    return order.execute(task);
  }

  @Override
  public ScheduledTask schedule(Duration delay, Runnable task) {
    if (delay.isNegative()) {
      throw new IllegalArgumentException("a negative delay: " + delay);
    }
    AtomicBoolean cancelled = new AtomicBoolean();
    Runnable inOrder =
        () -> {
          if (!cancelled.get()) {
            task.run();
          }
        };
    Future<?> timer =
        executor.schedule(
            () -> {
              // False: the connection is gone, and its timers with it.
              boolean unused = order.execute(inOrder);
            },
            delay.toNanos(),
            TimeUnit.NANOSECONDS);
    return () -> {
      cancelled.set(true);
      timer.cancel(false);
    };
  }

  /** An idle watch here looks at bytes alone. */
  @Override
  public void busy(boolean busy) {}

  @Override
  public void count(String counter) {
    counters.merge(counter, 1L, Long::sum);
  }

  @Override
  public void note(String text) {
    note = text.length() <= MAX_NOTE ? text : text.substring(0, MAX_NOTE);
  }
}
