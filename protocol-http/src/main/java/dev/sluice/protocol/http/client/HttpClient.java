// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;

/**
 * Makes requests over connections that it opens when they are needed and keeps while they are used.
 * Every method may be called from any thread, and none but {@code sendAndWait} blocks.
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

  private final ConnectionPools pools;
  private final RedirectedCall.Rules redirects;
  private final int maxExpansion;

  private HttpClient(Builder from) {
    this.pools =
        new ConnectionPools(
            new ConnectionPools.Limits(
                from.maxConnections, from.maxWaiting, from.waitTimeout, from.idleTimeout),
            from.connector,
            from.options,
            from.settings,
            from.protocols);
    this.redirects = new RedirectedCall.Rules(from.maxRedirects, from.redirectsToPlaintext);
    this.maxExpansion = from.maxExpansion;
    pools.show();
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
    return send(pools.destination(target), request, receiver);
  }

  /**
   * Sends a request to where its URI says, and receives its response in parts. For {@code http} it
   * goes without TLS; for {@code https} under that of the client's options, or where those are
   * without TLS under {@link OutboundTls#defaults()}.
   *
   * @param request made of a URI; passes to the client, with its body
   * @param receiver called from now on, see there; also where the client does not take the request
   * @return the call, also where it has failed already
   * @throws IllegalArgumentException if the request was made of a path alone
   */
  public HttpClientCall send(HttpClientRequest request, HttpResponseReceiver receiver) {
    return send(destination(request), request, receiver);
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
   * Sends a request to where its URI says, see {@link #send(HttpClientRequest,
   * HttpResponseReceiver)}, and gathers its response.
   *
   * @param request made of a URI; passes to the client, with its body
   * @return as of {@link #send(OutboundTarget, HttpClientRequest)}
   * @throws IllegalArgumentException if the request was made of a path alone, or the body is
   *     streamed
   */
  public CompletionStage<HttpClientResponse> send(HttpClientRequest request) {
    Destination to = destination(request);
    return GatheredResponse.of(request, receiver -> send(to, request, receiver));
  }

  /**
   * Sends a request, and waits for its whole response: for threads that may block, such as those of
   * {@code WORKERS}. A request without a deadline gets one of a minute.
   *
   * @param target whom to
   * @param request passes to the client, with its body
   * @return its response, whatever the status
   * @throws HttpClientException if there is none
   * @throws InterruptedException if the thread is interrupted; the call is given up
   * @throws IllegalStateException on an event loop, which would wait for itself: nothing was sent
   * @throws IllegalArgumentException if the body is streamed
   */
  public HttpClientResponse sendAndWait(OutboundTarget target, HttpClientRequest request)
      throws InterruptedException {
    return BlockingCall.of(request, () -> send(target, request));
  }

  /**
   * Sends a request to where its URI says, see {@link #send(HttpClientRequest,
   * HttpResponseReceiver)}, and waits for its whole response.
   *
   * @param request made of a URI; passes to the client, with its body
   * @return its response, whatever the status
   * @throws HttpClientException if there is none
   * @throws InterruptedException if the thread is interrupted; the call is given up
   * @throws IllegalStateException on an event loop, which would wait for itself: nothing was sent
   * @throws IllegalArgumentException if the request was made of a path alone, or the body is
   *     streamed
   */
  public HttpClientResponse sendAndWait(HttpClientRequest request) throws InterruptedException {
    return BlockingCall.of(request, () -> send(request));
  }

  private static Destination destination(HttpClientRequest request) {
    RequestUri uri = request.uri();
    if (uri == null) {
      throw new IllegalArgumentException(request + " does not say where: it was made of a path");
    }
    return new Destination(uri.target(), uri.secure(), false);
  }

  private HttpClientCall send(
      Destination to, HttpClientRequest request, HttpResponseReceiver receiver) {
    if (maxExpansion > 0 && request.maxExpansion() == 0) {
      request.decompress(maxExpansion);
    }
    if (redirects.most() > 0) {
      return RedirectedCall.begin(pools, redirects, to, request, receiver);
    }
    PooledCall call = new PooledCall(pools, to, request, receiver);
    pools.submit(call);
    return call;
  }

  /**
   * Takes no more requests: those that wait fail, those under way end, and their connections close
   * behind them.
   */
  @Override
  public void close() {
    pools.close();
  }

  /** Gathers what a client is to be like; every method answers the builder itself. */
  public static final class Builder {

    private static final int MAX_CONNECTIONS = 8;
    private static final int MAX_WAITING = 256;
    private static final int MAX_EXPANSION = 100;

    private final OutboundConnector connector;
    private OutboundOptions options = OutboundOptions.defaults();
    private HttpClientSettings settings = HttpClientSettings.DEFAULTS;
    private List<String> protocols = List.of("HTTP2", "HTTP1");
    private int maxConnections = MAX_CONNECTIONS;
    private int maxWaiting = MAX_WAITING;
    private Duration waitTimeout = Duration.ofSeconds(10);
    private Duration idleTimeout = Duration.ofSeconds(30);
    private int maxRedirects;
    private boolean redirectsToPlaintext;
    private int maxExpansion;

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
      waitTimeout = RequestChecks.positive(time);
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
      idleTimeout = RequestChecks.positive(time);
      return this;
    }

    /**
     * Follows redirects (RFC 9110, section 15.4), up to a number for each request; all within its
     * one deadline. What is not followed is the response, with its status.
     *
     * @param most 0, which is the default, or more
     * @return this
     * @throws IllegalArgumentException for less
     */
    public Builder followRedirects(int most) {
      maxRedirects = atLeast(0, most);
      return this;
    }

    /**
     * Follows redirects from {@code https} to {@code http} too, which whoever is on the way can
     * read and answer. Off by default.
     *
     * @return this
     */
    public Builder redirectsToPlaintext() {
      redirectsToPlaintext = true;
      return this;
    }

    /**
     * Asks for compressed responses and takes the compression off, see {@link
     * HttpClientRequest#decompress}, which a request may say for itself. Off by default. Beyond the
     * first 1 MB no more comes out than a hundred times what was sent.
     *
     * @return this
     */
    public Builder decompress() {
      return decompress(MAX_EXPANSION);
    }

    /**
     * As {@link #decompress()}, with another bound.
     *
     * @param most how many times as much as was sent may come out; 1 or more
     * @return this
     * @throws IllegalArgumentException for less
     */
    public Builder decompress(int most) {
      maxExpansion = atLeast(1, most);
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
