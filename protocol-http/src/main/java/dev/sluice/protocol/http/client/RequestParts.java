// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.ByteSize;
import dev.sluice.api.rpc.OutgoingFields;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a request consists of, as the versions of HTTP read it. */
abstract sealed class RequestParts permits HttpClientRequest {

  private static final Duration READ_TIMEOUT = Duration.ofSeconds(30);

  final String method;
  final String target;
  final OutgoingFields fields = new OutgoingFields();
  @Nullable RequestUri uri;
  @Nullable String authority;
  @Nullable ByteBuf body;
  boolean streamed;
  long length;
  boolean expectingContinue;
  @Nullable Duration deadline;
  Duration readTimeout = READ_TIMEOUT;
  @Nullable ByteSize maxResponseSize;

  /** 0: bodies are passed on as they come. */
  int maxExpansion;

  /** {@code accept-encoding} is the node's. */
  boolean asksForCodings;

  /** Redirects are followed. */
  boolean followed;

  RequestParts(String method, String target) {
    this.method = method;
    this.target = target;
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
   * @return 0 where there is none; {@link HttpClientRequest#UNKNOWN_LENGTH} where it is streamed
   *     and was not declared
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

  /** A request that is sent in place of this one goes by the same limits. */
  void copyLimits(RequestParts from, boolean withBody) {
    length = withBody ? from.length : 0;
    expectingContinue = withBody && from.expectingContinue;
    readTimeout = from.readTimeout;
    maxResponseSize = from.maxResponseSize;
    maxExpansion = from.maxExpansion;
    followed = from.followed;
  }

  /** Whether a response of this status may be followed, so that its body does not matter. */
  boolean isRedirectedBy(int status) {
    return followed && Redirects.method(status, method) != null;
  }

  /** The whole body once more; null where there is none, or it is streamed. */
  @Nullable ByteBuf keptBody() {
    return body == null || length == 0 ? null : body.retainedDuplicate();
  }

  int maxExpansion() {
    return maxExpansion;
  }

  /** It is about to be sent, perhaps not for the first time. */
  void askForCodings() {
    if (maxExpansion > 0 && !asksForCodings && !method.equals("HEAD")) {
      boolean own = false;
      for (int i = 0; i < fields.size(); i++) {
        String name = fields.name(i);
        own |= name.equalsIgnoreCase("accept-encoding") || name.equalsIgnoreCase("range");
      }
      if (!own) {
        fields.add("accept-encoding", "gzip, deflate");
        asksForCodings = true;
      }
    }
  }

  boolean wantsDecoded() {
    return asksForCodings;
  }

  /** What it was made of; null where that was a path alone. */
  @Nullable RequestUri uri() {
    return uri;
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
