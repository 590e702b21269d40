// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes requests over connections that it opens when they are needed and keeps while they are used.
 * Every method may be called from any thread, and none blocks.
 *
 * <p><b>Connections</b> are kept by target, up to a bound each. An HTTP/1.1 connection has one
 * request under way at a time, an HTTP/2 connection as many as its peer allows. One that the peer
 * ends, or says that it will (GOAWAY, {@code Connection: close}), is used no more; one that is not
 * used is closed after a time. They live on the loops that the {@link OutboundConnector} gives: one
 * client with {@code NodeContext.outbound()} for a whole application, or one a loop with that of a
 * session.
 *
 * <p><b>Waiting.</b> Where all connections are taken a request waits, behind those before it, up to
 * a bound of count and time.
 *
 * <p><b>Trying again.</b> A request that certainly had no effect ({@link HttpClientException#sent}
 * is {@code false}) because its connection ended or refused it goes over another one by itself,
 * twice at the most. So does, once and over a new connection, one that was lost with a connection
 * that had been kept, before any byte of its response, if its method is idempotent or some of it
 * had never left. One whose body is streamed does not, and nothing else is ever sent twice: nothing
 * in particular of whose response something has come.
 */
public final class HttpClient implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(HttpClient.class);

  private static final long TICK_MILLIS = 100;

  private final OutboundConnector connector;
  private final OutboundOptions options;
  private final HttpClientSettings settings;
  private final List<String> protocols;
  private final int maxConnections;
  private final int maxWaiting;
  private final Duration waitTimeout;
  private final Duration idleTimeout;

  private final ConcurrentHashMap<OutboundTarget, ConnectionPool> pools = new ConcurrentHashMap<>();
  private final AtomicBoolean watching = new AtomicBoolean();
  private final AtomicBoolean told = new AtomicBoolean();
  private volatile boolean closed;

  private HttpClient(Builder from) {
    this.connector = from.connector;
    this.options = from.options.toBuilder().idleTimeout(from.idleTimeout).build();
    this.settings = from.settings;
    this.protocols = from.protocols;
    this.maxConnections = from.maxConnections;
    this.maxWaiting = from.maxWaiting;
    this.waitTimeout = from.waitTimeout;
    this.idleTimeout = from.idleTimeout;
  }

  /**
   * Begins a client.
   *
   * @param connector opens its connections
   * @return a builder with the defaults, for one thread
   */
  public static Builder builder(OutboundConnector connector) {
    return new Builder(connector);
  }

  /**
   * Sends a request, and receives its response in parts.
   *
   * @param target whom to
   * @param request passes to the client, with its body; its authority is the target unless it says
   *     otherwise
   * @param receiver called from now on, see there; also where the client does not take the request
   * @return the call, also where it has failed already
   */
  public HttpClientCall send(
      OutboundTarget target, HttpClientRequest request, HttpResponseReceiver receiver) {
    PooledCall call = new PooledCall(this, target, request, receiver);
    submit(call);
    return call;
  }

  /**
   * Sends a request, and gathers its response. For a request whose body is whole: a streamed one
   * has to be written by the {@link HttpClientCall}.
   *
   * @param target whom to
   * @param request passes to the client, with its body
   * @return completes on the connection's event loop, or fails with an {@link HttpClientException};
   *     cancelling its {@code toCompletableFuture()} gives the call up
   * @throws IllegalArgumentException if the body is streamed
   */
  public CompletionStage<HttpClientResponse> send(
      OutboundTarget target, HttpClientRequest request) {
    return GatheredResponse.of(request, receiver -> send(target, request, receiver));
  }

  /**
   * Takes no more requests: those that wait fail, those under way end, and their connections close
   * behind them.
   */
  @Override
  public void close() {
    closed = true;
    pools.values().forEach(ConnectionPool::close);
  }

  // ---- for the pools

  void submit(PooledCall call) {
    boolean submitted = false;
    while (!submitted) {
      if (closed) {
        call.fail(Kind.CLOSED, "the client was closed", null);
        return;
      }
      submitted =
          pools
              .computeIfAbsent(call.target(), target -> new ConnectionPool(this, target))
              .submit(call);
    }
    if (closed) {
      // It may have come behind the close.
      close();
    }
  }

  void forget(PooledCall call) {
    ConnectionPool pool = pools.get(call.target());
    if (pool != null) {
      pool.forget(call);
    }
  }

  void empty(OutboundTarget target, ConnectionPool pool) {
    pools.remove(target, pool);
  }

  CompletionStage<HttpClientSession> connect(OutboundTarget target) {
    return connector
        .connect(target, options(target), protocols)
        .thenApply(
            made -> {
              if (made.session() instanceof HttpClientSession session) {
                return session;
              }
              made.session().closeSession();
              throw new IllegalStateException(protocols + " is no HTTP");
            });
  }

  private OutboundOptions options(OutboundTarget target) {
    HttpClientSettings of = settings;
    if (of.authority() == null) {
      OutboundTls tls = options.tls().orElse(null);
      String host = tls == null ? target.host() : tls.serverName().orElse(target.host());
      of = of.withAuthority(HttpClientSettings.authority(host, target.port(), tls != null));
    }
    return options.toBuilder().settings(of).build();
  }

  boolean closed() {
    return closed;
  }

  int maxConnections() {
    return maxConnections;
  }

  int maxWaiting() {
    return maxWaiting;
  }

  Duration waitTimeout() {
    return waitTimeout;
  }

  Duration idleTimeout() {
    return idleTimeout;
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

  /** Gathers what a client is to be like; every method answers the builder itself. */
  public static final class Builder {

    private static final int MAX_CONNECTIONS = 8;
    private static final int MAX_WAITING = 256;

    private final OutboundConnector connector;
    private OutboundOptions options = OutboundOptions.defaults();
    private HttpClientSettings settings = HttpClientSettings.DEFAULTS;
    private List<String> protocols = List.of("HTTP2", "HTTP1");
    private int maxConnections = MAX_CONNECTIONS;
    private int maxWaiting = MAX_WAITING;
    private Duration waitTimeout = Duration.ofSeconds(10);
    private Duration idleTimeout = Duration.ofSeconds(30);

    private Builder(OutboundConnector connector) {
      this.connector = Objects.requireNonNull(connector);
    }

    /**
     * How to connect.
     *
     * @param how its settings are replaced by {@link #settings}, its idle timeout by {@link
     *     #idleTimeout}; {@link OutboundOptions#defaults()} by default, which is TLS
     * @return this
     */
    public Builder options(OutboundOptions how) {
      options = Objects.requireNonNull(how);
      return this;
    }

    /**
     * What every connection goes by.
     *
     * @param limits {@link HttpClientSettings#DEFAULTS} by default; without an authority that of
     *     each target is used
     * @return this
     */
    public Builder settings(HttpClientSettings limits) {
      settings = Objects.requireNonNull(limits);
      return this;
    }

    /**
     * Which versions to speak. Under TLS the peer chooses by ALPN; where it does not, and without
     * TLS, the last one is spoken.
     *
     * @param names of the node's protocols, the preferred one first; {@code HTTP2} and {@code
     *     HTTP1} by default
     * @return this
     * @throws IllegalArgumentException if there is none
     */
    public Builder protocols(String... names) {
      if (names.length == 0) {
        throw new IllegalArgumentException("no protocol");
      }
      protocols = List.of(names);
      return this;
    }

    /**
     * Bounds the connections to a target.
     *
     * @param count 1 or more; 8 by default
     * @return this
     * @throws IllegalArgumentException for less
     */
    public Builder maxConnections(int count) {
      maxConnections = atLeast(1, count);
      return this;
    }

    /**
     * Bounds the requests that wait for a connection to a target; more fail with {@link
     * Kind#LIMIT}.
     *
     * @param count 0 or more; 256 by default
     * @return this
     * @throws IllegalArgumentException for less
     */
    public Builder maxWaiting(int count) {
      maxWaiting = atLeast(0, count);
      return this;
    }

    /**
     * Bounds the time that a request waits for a connection; then it fails with {@link
     * Kind#TIMEOUT}. Looked at every tenth of a second.
     *
     * @param time more than zero; 10 s by default
     * @return this
     * @throws IllegalArgumentException for less
     */
    public Builder waitTimeout(Duration time) {
      waitTimeout = HttpClientRequest.positive(time);
      return this;
    }

    /**
     * How long a connection that is not used stays open. Better shorter than with the peer, which
     * otherwise may end one just when a request goes over it.
     *
     * @param time more than zero; 30 s by default
     * @return this
     * @throws IllegalArgumentException for less
     */
    public Builder idleTimeout(Duration time) {
      idleTimeout = HttpClientRequest.positive(time);
      return this;
    }

    /**
     * Ends the gathering.
     *
     * @return a client without connections
     */
    public HttpClient build() {
      return new HttpClient(this);
    }

    private static int atLeast(int least, int count) {
      if (count < least) {
        throw new IllegalArgumentException(count + " is less than " + least);
      }
      return count;
    }
  }
}
