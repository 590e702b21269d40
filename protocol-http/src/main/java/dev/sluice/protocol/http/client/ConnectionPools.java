// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundPool;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connections, by whom they go to, and the clock of the calls that wait for one. Any
 * thread.
 */
final class ConnectionPools {

  private static final Logger LOG = LoggerFactory.getLogger(HttpClient.class);

  private static final long TICK_MILLIS = 100;

  private final Limits limits;
  private final OutboundConnector connector;
  private final OutboundOptions options;
  private final HttpClientSettings settings;
  private final List<String> protocols;

  private final ConcurrentHashMap<Destination, ConnectionPool> pools = new ConcurrentHashMap<>();
  private final AtomicBoolean watching = new AtomicBoolean();
  private final AtomicBoolean told = new AtomicBoolean();
  private final FailureNotices notices = new FailureNotices();
  private volatile boolean closed;

  /** Held here: the node keeps it weakly. */
  private final Supplier<List<OutboundPool>> shown = this::figures;

  /** Of each pool; see the client's builder. */
  record Limits(int maxConnections, int maxWaiting, Duration waitTimeout, Duration idleTimeout) {}

  ConnectionPools(
      Limits limits,
      OutboundConnector connector,
      OutboundOptions options,
      HttpClientSettings settings,
      List<String> protocols) {
    this.limits = limits;
    this.connector = connector;
    this.options = options.toBuilder().idleTimeout(limits.idleTimeout()).build();
    this.settings = settings;
    this.protocols = protocols;
  }

  /** As a whole: nothing asks before. */
  void show() {
    connector.showPools(shown);
  }

  private List<OutboundPool> figures() {
    return pools.values().stream().map(ConnectionPool::figures).toList();
  }

  Limits limits() {
    return limits;
  }

  // ---- for calls

  /** Where requests go that name a target alone: as the client's options say. */
  Destination destination(OutboundTarget target) {
    return new Destination(target, options.tls().isPresent(), false);
  }

  /** The authority of requests that name none. */
  String authority(Destination to) {
    if (settings.authority() != null) {
      return settings.authority();
    }
    OutboundTarget target = to.target();
    String host =
        to.secure() && !to.foreign()
            ? options.tls().flatMap(OutboundTls::serverName).orElse(target.host())
            : target.host();
    return HttpClientSettings.authority(host, target.port(), to.secure());
  }

  void submit(PooledCall call) {
    boolean submitted = false;
    while (!submitted) {
      if (closed) {
        call.fail(Kind.CLOSED, "the client was closed", null);
        return;
      }
      submitted =
          pools
              .computeIfAbsent(call.destination(), to -> new ConnectionPool(this, to))
              .submit(call);
    }
    if (closed) {
      // It may have come behind the close.
      close();
    }
  }

  void forget(PooledCall call) {
    ConnectionPool pool = pools.get(call.destination());
    if (pool != null) {
      pool.forget(call);
    }
  }

  FailureNotices notices() {
    return notices;
  }

  void close() {
    closed = true;
    pools.values().forEach(ConnectionPool::close);
  }

  // ---- for the pools

  void empty(Destination of, ConnectionPool pool) {
    pools.remove(of, pool);
  }

  CompletionStage<HttpClientSession> connect(Destination to) {
    return connector
        .connect(to.target(), options(to), protocols)
        .thenApply(
            made -> {
              if (made.session() instanceof HttpClientSession session) {
                return session;
              }
              made.session().closeSession();
              throw new IllegalStateException(protocols + " is no HTTP");
            });
  }

  private OutboundOptions options(Destination to) {
    OutboundOptions.Builder how =
        options.toBuilder().settings(settings.withAuthority(authority(to)));
    if (to.secure()) {
      OutboundTls tls = options.tls().orElseGet(OutboundTls::defaults);
      how.tls(to.foreign() ? tls.anonymous() : tls);
    } else {
      how.plaintext();
    }
    if (to.foreign()) {
      how.ofForeignTarget();
    }
    return how.build();
  }

  boolean closed() {
    return closed;
  }

  /** There is a call that waits; costs nothing where the clock runs already. */
  void watch() {
    if (watching.compareAndSet(false, true)) {
      var unused =
          GlobalEventExecutor.INSTANCE.schedule(this::look, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void look() {
    watching.set(false);
    long now = System.nanoTime();
    boolean waiting = false;
    for (ConnectionPool pool : pools.values()) {
      try {
        waiting |= pool.checkTime(now);
      } catch (Throwable e) {
        // The clock's thread would keep it to itself, and the clock would stand still.
        waiting = true;
        if (told.compareAndSet(false, true)) {
          LOG.error("a call that waits was not looked at; the next look tries again", e);
        }
      }
    }
    if (waiting) {
      watch();
    }
  }
}
