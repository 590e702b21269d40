// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.SessionContext;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcResponse;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * How a version of HTTP sends an answer. On the connection's loop, but for what says otherwise.
 * When is decided by whoever calls: an answer is begun once, and ended or broken off once.
 */
abstract class AnswerOutput extends RequestView {

  AnswerOutput(RequestHead head, SessionContext connection) {
    super(head, connection);
  }

  /** Tells a client that waits for it to send the body (RFC 9110, section 15.2.1). */
  protected abstract void sendContinue();

  /**
   * Whether the client can be told something before the answer. Any thread.
   *
   * @return {@code false} where its version has no such answers
   */
  protected abstract boolean takesInterim();

  /**
   * Tells the client something before the answer (RFC 9110, section 15.2).
   *
   * @param status 102 to 199
   * @param fields its fields, of which a length is not sent
   */
  protected abstract void sendInterim(int status, OutgoingFields fields);

  /**
   * Sends a whole answer.
   *
   * @param response passes to the callee
   */
  protected abstract void sendWhole(RpcResponse response);

  /**
   * Sends the head of an answer whose body follows.
   *
   * @param response without a body
   * @return {@code false}: there can be no body, to {@code HEAD} for instance; that was the answer
   */
  protected abstract boolean sendHead(RpcResponse response);

  /**
   * Sends the next bytes of a body.
   *
   * @param data ownership passes to the callee
   */
  protected abstract void sendData(ByteBuf data);

  /**
   * Ends a body.
   *
   * @param trailers fields that follow, if any
   */
  protected abstract void sendEnd(@Nullable RpcResponse trailers);

  /** Breaks an answer off that was begun. */
  protected abstract void breakOff();

  /**
   * Whether a part of a body would be sent soon. Any thread.
   *
   * @return {@code false} while others have the connection, or it is slow
   */
  protected abstract boolean canWrite();
}
