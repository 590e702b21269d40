// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientException;
import dev.sluice.protocol.http.client.HttpResponseHead;
import dev.sluice.protocol.http.client.HttpResponseReceiver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request of an {@link InMemoryHttpClient}, and what has come of its answer so far. Of the test's
 * thread.
 */
public final class InMemoryHttpCall {

  private final InMemoryHttpNode node;
  private final String name;
  private final List<HttpResponseHead> interim = new ArrayList<>();
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private @Nullable HttpClientCall call;
  private @Nullable HttpResponseHead head;
  private @Nullable RpcHeaders trailers;
  private @Nullable HttpClientException failure;

  InMemoryHttpCall(InMemoryHttpNode node, String name) {
    this.node = node;
    this.name = name;
  }

  void sent(HttpClientCall made) {
    call = made;
  }

  HttpResponseReceiver receiver() {
    return new HttpResponseReceiver() {
      @Override
      public void interim(HttpResponseHead said) {
        interim.add(said);
      }

      @Override
      public void head(HttpResponseHead said) {
        head = said;
      }

      @Override
      public void part(ByteBuf data) {
        byte[] part = new byte[data.readableBytes()];
        data.getBytes(data.readerIndex(), part);
        body.writeBytes(part);
      }

      @Override
      public void end(RpcHeaders behind) {
        trailers = behind;
      }

      @Override
      public void failed(HttpClientException why) {
        failure = why;
      }
    };
  }

  // ---- what the client does

  /**
   * Sends a part of a streamed body.
   *
   * @param text as UTF-8
   * @return this
   */
  public InMemoryHttpCall write(String text) {
    return write(text.getBytes(UTF_8));
  }

  /**
   * Sends a part of a streamed body.
   *
   * @param bytes copied
   * @return this
   */
  public InMemoryHttpCall write(byte[] bytes) {
    made().body().write(Unpooled.copiedBuffer(bytes));
    node.run();
    return this;
  }

  /**
   * Whether the node takes more of the body just now.
   *
   * @return {@code false} while the application holds it back
   */
  public boolean isWritable() {
    return made().body().isWritable();
  }

  /**
   * Ends a streamed body.
   *
   * @return this
   */
  public InMemoryHttpCall finish() {
    made().body().finish();
    node.run();
    return this;
  }

  /**
   * Ends a streamed body with trailers.
   *
   * @param fields behind the body
   * @return this
   */
  public InMemoryHttpCall finish(OutgoingFields fields) {
    made().body().finish(fields);
    node.run();
    return this;
  }

  /** Takes nothing more of the answer. */
  public void pause() {
    made().pauseBody();
    node.run();
  }

  /** Takes back {@link #pause}. */
  public void resume() {
    made().resumeBody();
    node.run();
  }

  /** Gives the request up: over HTTP/2 by a reset of its stream, else by closing the connection. */
  public void cancel() {
    made().cancel();
    node.run();
  }

  private HttpClientCall made() {
    return Objects.requireNonNull(call);
  }

  // ---- what it got

  /**
   * Whether the answer has begun.
   *
   * @return {@code true} once its head is there
   */
  public boolean answered() {
    return head != null;
  }

  /**
   * Whether the answer is there as a whole.
   *
   * @return {@code false} also where it failed
   */
  public boolean complete() {
    return trailers != null;
  }

  /**
   * Why there is no answer, or not the rest of it.
   *
   * @return empty while it may still come, and once it is complete
   */
  public Optional<HttpClientException> failure() {
    return Optional.ofNullable(failure);
  }

  /**
   * The answer's status.
   *
   * @return 200 to 999
   * @throws AssertionError if there is no answer
   */
  public int status() {
    return head().status();
  }

  /**
   * The answer's header fields.
   *
   * @return as they came
   * @throws AssertionError if there is no answer
   */
  public RpcHeaders headers() {
    return head().headers();
  }

  /**
   * One of them.
   *
   * @param field its name, in any case
   * @return the first of that name
   * @throws AssertionError if there is no answer
   */
  public Optional<String> header(String field) {
    return headers().first(field);
  }

  /**
   * What has come of the body so far.
   *
   * @return a copy
   */
  public byte[] body() {
    return body.toByteArray();
  }

  /**
   * What has come of the body so far.
   *
   * @return read as UTF-8
   */
  public String text() {
    return body.toString(UTF_8);
  }

  /**
   * The fields behind the body.
   *
   * @return empty where there were none
   * @throws AssertionError if the answer is not complete
   */
  public RpcHeaders trailers() {
    if (trailers == null) {
      throw missing("no whole answer");
    }
    return trailers;
  }

  /**
   * The informational responses before the answer.
   *
   * @return in their order
   */
  public List<HttpResponseHead> interim() {
    return List.copyOf(interim);
  }

  private HttpResponseHead head() {
    if (head == null) {
      throw missing("no answer");
    }
    return head;
  }

  private AssertionError missing(String what) {
    return new AssertionError(
        what + " to " + name + (failure == null ? " yet" : ": " + failure.getMessage()), failure);
  }

  /** As the request began. */
  @Override
  public String toString() {
    return name;
  }
}
