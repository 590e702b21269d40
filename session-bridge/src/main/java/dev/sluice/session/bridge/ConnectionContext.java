// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.ConnId;
import dev.sluice.api.ScheduledTask;
import dev.sluice.api.SessionContext;
import dev.sluice.api.TlsInfo;
import dev.sluice.api.Transport;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.rpc.RpcMap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
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

  /** What a count of nanoseconds still holds. */
  private static final Duration NEVER = Duration.ofDays(36_500);

  private static final SocketAddress UNKNOWN = InetSocketAddress.createUnresolved("unknown", 0);

  private final SessionBridge bridge;
  private final @Nullable SocketAddress local;
  private final @Nullable SocketAddress remote;
  private final @Nullable TlsInfo tls;

  // Said by the session on any thread, read by the sweep.
  private volatile long idleNanos;

  ConnectionContext(SessionBridge bridge, @Nullable TlsInfo tls) {
    this.bridge = bridge;
    this.tls = tls;
    // A closed socket forgets its addresses.
    this.local = bridge.localAddress();
    this.remote = bridge.remoteAddress();
  }

  @Override
  public ConnId id() {
    return bridge.id();
  }

  @Override
  public String interfaceName() {
    return bridge.options().name();
  }

  @Override
  public Transport transport() {
    return bridge.transport();
  }

  @Override
  public SocketAddress localAddress() {
    return local == null ? UNKNOWN : local;
  }

  @Override
  public SocketAddress remoteAddress() {
    return remote == null ? UNKNOWN : remote;
  }

  @Override
  public Optional<TlsInfo> tls() {
    return Optional.ofNullable(tls);
  }

  @Override
  public <T extends Record> T settings(Class<T> type) {
    Record settings = bridge.calls().settings();
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
    return bridge.options().rpc();
  }

  @Override
  public OutboundConnector outbound() {
    return bridge.endpoint().connections().outboundOf(bridge.loop());
  }

  @Override
  public ByteBufAllocator allocator() {
    return bridge.allocator();
  }

  @Override
  public EventExecutor executor() {
    return bridge.loop();
  }

  @Override
  public boolean execute(Runnable task) {
    return bridge.calls().execute(Objects.requireNonNull(task));
  }

  @Override
  public ScheduledTask schedule(Duration delay, Runnable task) {
    Objects.requireNonNull(task);
    Timer timer = new Timer(bridge, task);
    timer.start(delay);
    return timer;
  }

  @Override
  public void busy(boolean busy) {
    bridge.calls().owes(busy);
  }

  @Override
  public void mayBeSilent(Duration silence) {
    bridge.calls().mayBeSilent(silence.toNanos());
  }

  @Override
  public Duration drainIdleGrace() {
    return bridge.endpoint().drainIdleGrace();
  }

  @Override
  public Duration idleTimeout() {
    long own = idleNanos;
    return own == 0 ? bridge.options().limits().idleTimeout() : Duration.ofNanos(own);
  }

  @Override
  public void idleTimeout(Duration timeout) {
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("an idle timeout is positive: " + timeout);
    }
    idleNanos = timeout.compareTo(NEVER) > 0 ? NEVER.toNanos() : timeout.toNanos();
  }

  /** What the session has set; 0: nothing. */
  long idleNanos() {
    return idleNanos;
  }

  @Override
  public boolean heldByNode() {
    return bridge.heldByNode();
  }

  @Override
  public long inboundQueueLimit() {
    return bridge.endpoint().connections().options().inboundQueueLimit();
  }

  @Override
  public long outboundQueueLimit() {
    return bridge.endpoint().connections().options().outboundQueueLimit();
  }

  @Override
  public void peerVerified() {
    bridge.peerVerified();
  }

  @Override
  public void count(String counter) {
    bridge.endpoint().metrics().count(counter);
  }

  @Override
  public void note(String text) {
    bridge.story().note(Ending.bounded(text));
  }

  /** A task on its way: first a timer of the loop, then a call in the session's order. */
  private static final class Timer implements ScheduledTask, Runnable {
    private final SessionBridge bridge;
    // Null once cancelled or run; any thread may cancel.
    private volatile @Nullable Runnable task;
    private volatile @Nullable Future<?> waiting;

    Timer(SessionBridge bridge, Runnable task) {
      this.bridge = bridge;
      this.task = task;
    }

    void start(Duration delay) {
      if (bridge.timers().add(this)) {
        try {
          waiting =
              bridge
                  .loop()
                  .schedule(
                      () -> {
                        bridge.calls().execute(this);
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
      bridge.timers().remove(this);
      if (due != null) {
        due.run();
      }
    }

    @Override
    public void cancel() {
      task = null;
      bridge.timers().remove(this);
      Future<?> timer = waiting;
      if (timer != null) {
        timer.cancel(false);
      }
    }
  }
}
