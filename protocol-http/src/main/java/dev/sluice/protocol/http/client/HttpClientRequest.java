// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.ByteSize;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.protocol.http.RequestTarget;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request, put together by one thread and sent once. The node adds what the protocol needs: the
 * authority, {@code content-length} or another end of the body, and the fields that keep a
 * connection.
 */
public final class HttpClientRequest {

  /** The length of a streamed body that was not declared. */
  public static final long UNKNOWN_LENGTH = -1;

  private static final Duration READ_TIMEOUT = Duration.ofSeconds(30);
  static final ByteSize MAX_WHOLE_RESPONSE = new ByteSize(1 << 20);

  private final String method;
  private final String target;
  private final OutgoingFields fields = new OutgoingFields();
  private @Nullable String authority;
  private @Nullable ByteBuf body;
  private boolean streamed;
  private long length;
  private boolean expectingContinue;
  private @Nullable Duration deadline;
  private Duration readTimeout = READ_TIMEOUT;
  private @Nullable ByteSize maxResponseSize;

  private HttpClientRequest(String method, String target) {
    this.method = method;
    this.target = target;
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
    if (!OutgoingFields.isToken(method) || method.equals("CONNECT")) {
      throw new IllegalArgumentException("no method of a request: '" + method + "'");
    }
    boolean valid = target.startsWith("/") || (target.equals("*") && method.equals("OPTIONS"));
    for (int i = 0; i < target.length() && valid; i++) {
      char c = target.charAt(i);
      valid = c > ' ' && c < 0x7f && c != '#';
    }
    if (!valid) {
      throw new IllegalArgumentException(
          "a target begins with a slash, is percent-encoded and has no fragment");
    }
    return new HttpClientRequest(method, target);
  }

  /**
   * A {@code GET}.
   *
   * @param target path and query, see {@link #of}
   * @return without fields
   * @throws IllegalArgumentException if the target has another form
   */
  public static HttpClientRequest get(String target) {
    return of("GET", target);
  }

  /**
   * A {@code POST} with a body.
   *
   * @param target path and query, see {@link #of}
   * @param text the body, sent in UTF-8
   * @return without fields
   * @throws IllegalArgumentException if the target has another form
   */
  public static HttpClientRequest post(String target, String text) {
    return of("POST", target).body(text);
  }

  /**
   * Says whose resource is meant. By default it is the target that was connected to.
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
   * (RFC 9110, section 10.1.1). Of no meaning without a body.
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
    deadline = positive(time);
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
    readTimeout = positive(time);
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

  static Duration positive(Duration time) {
    if (time.isNegative() || time.isZero()) {
      throw new IllegalArgumentException("a timeout of " + time);
    }
    return time;
  }

  /**
   * The method.
   *
   * @return as it was given
   */
  public String method() {
    return method;
  }

  /** Whether it does no more when it is carried out twice (RFC 9110, section 9.2.2). */
  boolean isIdempotent() {
    return switch (method) {
      case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" -> true;
      default -> false;
    };
  }

  /**
   * Path and query.
   *
   * @return as it was given
   */
  public String target() {
    return target;
  }

  /**
   * Whose resource is meant.
   *
   * @return empty: whom was connected to
   */
  public Optional<String> authority() {
    return Optional.ofNullable(authority);
  }

  /**
   * The header fields that were added.
   *
   * @return the request's own
   */
  public OutgoingFields fields() {
    return fields;
  }

  /**
   * Takes the whole body out.
   *
   * @return passes to the caller; an empty buffer where there is none, or it is streamed
   */
  public ByteBuf takeBody() {
    ByteBuf taken = body;
    body = null;
    return taken == null ? Unpooled.EMPTY_BUFFER : taken;
  }

  /**
   * Whether the body comes in parts.
   *
   * @return {@code false}: it is whole, or there is none
   */
  public boolean isStreamed() {
    return streamed;
  }

  /**
   * How long the body is.
   *
   * @return 0 where there is none; {@link #UNKNOWN_LENGTH} where it is streamed and was not
   *     declared
   */
  public long contentLength() {
    return length;
  }

  /**
   * Whether anything follows the head.
   *
   * @return {@code true} also for a streamed body that may turn out empty
   */
  public boolean hasBody() {
    return length != 0;
  }

  /**
   * Whether the peer is asked before the body is sent.
   *
   * @return {@code false} without a body
   */
  public boolean expectsContinue() {
    return expectingContinue && hasBody();
  }

  /**
   * The bound of the whole call.
   *
   * @return empty: none
   */
  public Optional<Duration> deadline() {
    return Optional.ofNullable(deadline);
  }

  /**
   * The bound of silence.
   *
   * @return more than zero
   */
  public Duration readTimeout() {
    return readTimeout;
  }

  /**
   * The bound of the response's body.
   *
   * @return empty: none was given
   */
  public Optional<ByteSize> maxResponseSize() {
    return Optional.ofNullable(maxResponseSize);
  }

  /** Lets go of the body, for a request that is not sent. */
  public void release() {
    if (body != null) {
      body.release();
      body = null;
    }
  }

  /** Method and target. */
  @Override
  public String toString() {
    return method + " " + target;
  }
}
