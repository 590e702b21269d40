// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.ConnId;
import dev.sluice.api.ScheduledTask;
import dev.sluice.api.SessionContext;
import dev.sluice.api.TlsInfo;
import dev.sluice.api.Transport;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.rpc.RpcMap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a session can learn of its connection; made with the session, so that idle ones have none.
 */
final class ConnectionContext implements SessionContext {

  private final Connection connection;
  private final Channel channel;
  private final Transport transport;
  private final SocketAddress local;
  private final SocketAddress remote;
  private final @Nullable TlsInfo tls;

  ConnectionContext(
      Connection connection,
      Channel channel,
      Transport transport,
      SocketAddress local,
      SocketAddress remote,
      @Nullable TlsInfo tls) {
    this.connection = connection;
    this.channel = channel;
    this.transport = transport;
    this.local = local;
    this.remote = remote;
    this.tls = tls;
  }

  @Override
  public ConnId id() {
    return connection.id();
  }

  @Override
  public String interfaceName() {
    return connection.bridge().options().name();
  }

  @Override
  public Transport transport() {
    return transport;
  }

  @Override
  public SocketAddress localAddress() {
    return local;
  }

  @Override
  public SocketAddress remoteAddress() {
    return remote;
  }

  @Override
  public Optional<TlsInfo> tls() {
    return Optional.ofNullable(tls);
  }

  @Override
  public boolean capped() {
    return connection.capped();
  }

  @Override
  public <T extends Record> T settings(Class<T> type) {
    Record settings = connection.calls().settings();
    if (!type.isInstance(settings)) {
      throw new IllegalArgumentException(
          "settings are "
              + (settings == null ? "not declared" : "of " + settings.getClass().getName())
              + ", not of "
              + type.getName());
    }
    return type.cast(settings);
  }

  @Override
  public RpcMap rpc() {
    return connection.bridge().options().rpc();
  }

  @Override
  public OutboundConnector outbound() {
    return connection.bridge().transport().outboundOf(connection.loop());
  }

  @Override
  public ByteBufAllocator allocator() {
    return channel.alloc();
  }

  @Override
  public EventExecutor executor() {
    return channel.eventLoop();
  }

  @Override
  public boolean execute(Runnable task) {
    return connection.execute(Objects.requireNonNull(task));
  }

  @Override
  public ScheduledTask schedule(Duration delay, Runnable task) {
    Objects.requireNonNull(task);
    Timer timer = new Timer(connection, task);
    timer.start(channel, delay);
    return timer;
  }

  @Override
  public void busy(boolean busy) {
    connection.calls().owes(busy);
  }

  @Override
  public Duration drainIdleGrace() {
    return connection.bridge().drainIdleGrace();
  }

  @Override
  public void peerVerified() {
    connection.peerVerified();
  }

  @Override
  public void count(String counter) {
    connection.bridge().metrics().count(counter);
  }

  @Override
  public void note(String text) {
    connection.note(Ending.bounded(text));
  }

  /** A task on its way: first a timer of the loop, then a call in the session's order. */
  private static final class Timer implements ScheduledTask, Runnable {
    private final Connection connection;
    // Null once cancelled or run; any thread may cancel.
    private volatile @Nullable Runnable task;
    private volatile @Nullable Future<?> waiting;

    Timer(Connection connection, Runnable task) {
      this.connection = connection;
      this.task = task;
    }

    void start(Channel channel, Duration delay) {
      if (connection.timers().add(this)) {
        try {
          waiting =
              channel
                  .eventLoop()
                  .schedule(
                      () -> {
                        connection.execute(this);
                      },
                      delay.toNanos(),
                      TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException loopHasEnded) {
          task = null;
        }
      }
      if (task == null) {
        cancel();
      }
    }

    /** In the session's order. */
    @Override
    public void run() {
      Runnable due = task;
      task = null;
      connection.timers().remove(this);
      if (due != null) {
        due.run();
      }
    }

    @Override
    public void cancel() {
      task = null;
      connection.timers().remove(this);
      Future<?> timer = waiting;
      if (timer != null) {
        timer.cancel(false);
      }
    }
  }
}
