// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.ByteSize;
import dev.sluice.protocol.http.RequestTarget;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;

/**
 * A request, put together by one thread and sent once. The node adds what the protocol needs: the
 * authority, {@code content-length} or another end of the body, and the fields that keep a
 * connection.
 */
public final class HttpClientRequest extends RequestParts {

  /** The length of a streamed body that was not declared. */
  public static final long UNKNOWN_LENGTH = -1;

  static final ByteSize MAX_WHOLE_RESPONSE = new ByteSize(1 << 20);

  private HttpClientRequest(String method, String target) {
    super(method, target);
  }

  /**
   * A request.
   *
   * @param method a token, in the case that it is sent in; not {@code CONNECT}
   * @param target path and query as they are sent, percent-encoded, with a slash in front; or
   *     {@code *} with {@code OPTIONS}
   * @return without fields and body
   * @throws IllegalArgumentException if either has another form
   */
  public static HttpClientRequest of(String method, String target) {
    RequestChecks.checkMethod(method);
    RequestChecks.checkTarget(method, target);
    return new HttpClientRequest(method, target);
  }

  /**
   * A request for a resource wherever it is, as its URI says. Sent to a target of the caller's all
   * the same, it names the URI's host as its authority.
   *
   * @param method a token, in the case that it is sent in; not {@code CONNECT}
   * @param uri {@code http} or {@code https}, with a host, and a port unless it is the scheme's;
   *     its fragment is not sent
   * @return without fields and body
   * @throws IllegalArgumentException if either has another form: another scheme, no host, user
   *     information, a character that is not ASCII
   */
  public static HttpClientRequest of(String method, URI uri) {
    RequestChecks.checkMethod(method);
    RequestUri parts = RequestUri.of(uri);
    boolean server =
        method.equals("OPTIONS") && uri.getRawPath().isEmpty() && uri.getRawQuery() == null;
    return to(method, parts, server ? "*" : parts.pathAndQuery());
  }

  /** Of a URI that was looked at. */
  static HttpClientRequest to(String method, RequestUri uri, String target) {
    RequestChecks.checkTarget(method, target);
    HttpClientRequest request = new HttpClientRequest(method, target);
    request.uri = uri;
    request.authority = uri.authority();
    return request;
  }

  /**
   * A {@code GET}.
   *
   * @param uri see {@link #of(String, URI)}
   * @return without fields
   * @throws IllegalArgumentException if the URI has another form
   */
  public static HttpClientRequest get(URI uri) {
    return of("GET", uri);
  }

  /**
   * A {@code GET}.
   *
   * @param target path and query, see {@link #of(String, String)}
   * @return without fields
   * @throws IllegalArgumentException if the target has another form
   */
  public static HttpClientRequest get(String target) {
    return of("GET", target);
  }

  /**
   * A {@code POST} with a body.
   *
   * @param uri see {@link #of(String, URI)}
   * @param text the body, sent in UTF-8
   * @return without fields
   * @throws IllegalArgumentException if the URI has another form
   */
  public static HttpClientRequest post(URI uri, String text) {
    return of("POST", uri).body(text);
  }

  /**
   * A {@code POST} with a body.
   *
   * @param target path and query, see {@link #of(String, String)}
   * @param text the body, sent in UTF-8
   * @return without fields
   * @throws IllegalArgumentException if the target has another form
   */
  public static HttpClientRequest post(String target, String text) {
    return of("POST", target).body(text);
  }

  /**
   * Says whose resource is meant. By default it is the URI's host, or the target that was connected
   * to.
   *
   * @param hostAndPort such as {@code example.org} or {@code [::1]:8443}
   * @return this
   * @throws IllegalArgumentException if it has another form
   */
  public HttpClientRequest authority(String hostAndPort) {
    if (!RequestTarget.isAuthority(hostAndPort)) {
      throw new IllegalArgumentException("no authority: '" + hostAndPort + "'");
    }
    authority = hostAndPort;
    return this;
  }

  /**
   * Adds a header field.
   *
   * @param name a token; not one of the node's own, which {@code host}, {@code content-length} and
   *     {@code expect} are too: see {@link #authority}, {@link #streamed(long)}, {@link
   *     #expectContinue}
   * @param value no control characters but tabs, and no white space around it
   * @return this
   * @throws IllegalArgumentException if either has another form
   */
  public HttpClientRequest header(String name, String value) {
    switch (name.toLowerCase(Locale.ROOT)) {
      case "host", "content-length", "expect" ->
          throw new IllegalArgumentException("the field " + name + " is the node's to send");
      default -> fields.add(name, value);
    }
    return this;
  }

  /**
   * Sets the body.
   *
   * @param data ownership passes to the request, and with it to whoever sends it
   * @return this
   */
  public HttpClientRequest body(ByteBuf data) {
    release();
    body = data;
    streamed = false;
    length = data.readableBytes();
    return this;
  }

  /**
   * Sets the body to a text in UTF-8, without telling its type.
   *
   * @param text any
   * @return this
   */
  public HttpClientRequest body(String text) {
    return body(Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * The body comes in parts, by {@link HttpClientCall#body()}, and its length is not known.
   *
   * @return this
   */
  public HttpClientRequest streamed() {
    return streamed(UNKNOWN_LENGTH);
  }

  /**
   * The body comes in parts, by {@link HttpClientCall#body()}.
   *
   * @param bytes how many there will be, which has to be kept; or {@link #UNKNOWN_LENGTH}
   * @return this
   * @throws IllegalArgumentException if it is less
   */
  public HttpClientRequest streamed(long bytes) {
    if (bytes < UNKNOWN_LENGTH) {
      throw new IllegalArgumentException("a length of " + bytes);
    }
    release();
    streamed = true;
    length = bytes;
    return this;
  }

  /**
   * Sends the body only once the peer has said that it takes it, or has said nothing for a second
   * (RFC 9110, section 10.1.1), be it behind the beginning of a response that is no refusal. Of no
   * meaning without a body.
   *
   * @return this
   */
  public HttpClientRequest expectContinue() {
    expectingContinue = true;
    return this;
  }

  /**
   * Bounds the time from the sending to the end of the response, a wait for a connection included.
   * Looked at every tenth of a second.
   *
   * @param time more than zero; there is no such bound by default
   * @return this
   * @throws IllegalArgumentException if it is not
   */
  public HttpClientRequest deadline(Duration time) {
    deadline = RequestChecks.positive(time);
    return this;
  }

  /**
   * Bounds the time in which nothing moves: the peer takes no more of the request and sends nothing
   * of a response that is wanted. Looked at every tenth of a second.
   *
   * @param time more than zero; 30 s by default
   * @return this
   * @throws IllegalArgumentException if it is not
   */
  public HttpClientRequest readTimeout(Duration time) {
    readTimeout = RequestChecks.positive(time);
    return this;
  }

  /**
   * Bounds the body of the response; one that is longer fails the call.
   *
   * @param size by default 1 MB where the response is gathered, and without a bound where it is
   *     received in parts
   * @return this
   */
  public HttpClientRequest maxResponseSize(ByteSize size) {
    maxResponseSize = Objects.requireNonNull(size);
    return this;
  }

  /**
   * Asks for a compressed response, {@code gzip} or {@code deflate}, and passes its body on as it
   * was before; the head that the receiver sees is without {@code content-encoding} and {@code
   * content-length} then. Has no effect on {@code HEAD}, and where the request has an {@code
   * accept-encoding} or {@code range} of its own: what comes is passed on as it is. The bound of
   * {@link #maxResponseSize} counts what comes out.
   *
   * @param maxExpansion how many times as much as was sent may come out, once it is more than 1 MB:
   *     no more than some 1030 can; 1 or more
   * @return this
   * @throws IllegalArgumentException for less
   */
  public HttpClientRequest decompress(int maxExpansion) {
    if (maxExpansion < 1) {
      throw new IllegalArgumentException("an expansion of " + maxExpansion);
    }
    this.maxExpansion = maxExpansion;
    return this;
  }
}
