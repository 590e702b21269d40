// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.rpc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * An answer, put together by one thread and handed over once. The node adds what the protocol
 * needs: {@code content-length}, {@code date} where the answer has none, and the fields that keep
 * or close a connection.
 *
 * <p>A {@code content-length} of the application's own counts where only it can know: for a body in
 * parts, with status 304, and to {@code HEAD}. With 204 none is sent.
 */
public final class RpcResponse {

  private final int status;
  private final OutgoingFields fields = new OutgoingFields();
  private @Nullable ByteBuf body;
  private boolean closing;

  private RpcResponse(int status) {
    this.status = status;
  }

  /**
   * An answer with a status.
   *
   * @param status 200 to 999; for lower ones there is {@link RpcContext#interim}
   * @return without fields and body
   * @throws IllegalArgumentException for another status
   */
  public static RpcResponse of(int status) {
    if (status < 200 || status > 999) {
      throw new IllegalArgumentException("no status of an answer: " + status);
    }
    return new RpcResponse(status);
  }

  /**
   * Status 200 with a text in UTF-8.
   *
   * @param text the body
   * @return with its {@code content-type}
   */
  public static RpcResponse text(String text) {
    return of(200).header("content-type", "text/plain; charset=utf-8").body(text);
  }

  /**
   * Adds a header field.
   *
   * @param name a token (RFC 9110, section 5.6.2)
   * @param value no control characters but tabs, and no white space around it
   * @return this
   * @throws IllegalArgumentException if either has another form, so that no value taken from a
   *     request can split the answer; or if the field is the node's own, as {@code
   *     transfer-encoding} is
   */
  public RpcResponse header(String name, String value) {
    fields.add(name, value);
    return this;
  }

  /**
   * Sets the body.
   *
   * @param data ownership passes to the response, and with it to whoever sends it
   * @return this
   */
  public RpcResponse body(ByteBuf data) {
    release();
    this.body = data;
    return this;
  }

  /**
   * Sets the body to a text in UTF-8, without telling its type.
   *
   * @param text any
   * @return this
   */
  public RpcResponse body(String text) {
    return body(Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Asks for the connection to be closed behind this answer, where that has a meaning (HTTP/1).
   *
   * @return this
   */
  public RpcResponse closeConnection() {
    this.closing = true;
    return this;
  }

  /**
   * The status.
   *
   * @return 200 to 999
   */
  public int status() {
    return status;
  }

  /**
   * The header fields that were added.
   *
   * @return the response's own
   */
  public OutgoingFields fields() {
    return fields;
  }

  /**
   * How many header fields were added.
   *
   * @return 0 or more
   */
  public int fieldCount() {
    return fields.size();
  }

  /**
   * A field's name.
   *
   * @param index in the order that they were added
   * @return as it was given
   */
  public String fieldName(int index) {
    return fields.name(index);
  }

  /**
   * A field's value.
   *
   * @param index in the order that they were added
   * @return as it was given
   */
  public String fieldValue(int index) {
    return fields.value(index);
  }

  /**
   * Visits the header fields in the order that they were added.
   *
   * @param action given name and value
   */
  public void forEachField(BiConsumer<? super String, ? super String> action) {
    fields.forEach(action);
  }

  /**
   * Takes the body out.
   *
   * @return passes to the caller; an empty buffer where there is none
   */
  public ByteBuf takeBody() {
    ByteBuf taken = body;
    body = null;
    return taken == null ? Unpooled.EMPTY_BUFFER : taken;
  }

  /**
   * Whether there is a body to take.
   *
   * @return {@code false} also where it is empty
   */
  public boolean hasBody() {
    return body != null && body.isReadable();
  }

  /**
   * Whether the connection is to be closed behind this answer.
   *
   * @return see {@link #closeConnection}
   */
  public boolean closing() {
    return closing;
  }

  /** Lets go of the body, for an answer that is not sent. */
  public void release() {
    if (body != null) {
      body.release();
      body = null;
    }
  }
}
