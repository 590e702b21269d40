// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.rpc;

import io.netty.buffer.ByteBuf;
import java.time.Duration;

/**
 * The body of an answer, part by part. Every method may be called from any thread; those of one
 * thread take effect in their order.
 *
 * <p>A handler holds back while {@link #isWritable} is {@code false}, by {@link #onWritable} or, on
 * a thread that may block, by {@link #awaitWritable}. One that does not is tolerated up to the
 * connection's {@code outbound_connection_limit}.
 */
public interface ResponseBody {

  /**
   * Queues bytes for the client.
   *
   * @param data ownership passes to this method in every case
   * @return {@code false}: the request has come to nothing, or the body was finished; the buffer
   *     was released
   */
  boolean write(ByteBuf data);

  /**
   * Whether more would be sent soon.
   *
   * @return {@code false} also where the request has come to nothing
   */
  boolean isWritable();

  /**
   * Asks to be told when the body becomes writable, as often as it does.
   *
   * @param action called in the request's own order, perhaps once more than needed; at once if it
   *     is writable now. A second action takes the place of the first
   */
  void onWritable(Runnable action);

  /**
   * Blocks until the body is writable or there is nobody left to write for. Not for event loops.
   *
   * @param timeout the longest wait
   * @return {@code true}: go on writing; {@code false}: the time is over or the request has come to
   *     nothing
   * @throws InterruptedException if the thread was interrupted
   */
  boolean awaitWritable(Duration timeout) throws InterruptedException;

  /** The body is complete. A second call does nothing. */
  void finish();

  /**
   * The body is complete, and these header fields follow it where the protocol and the client have
   * room for them: behind a body without {@code content-length}.
   *
   * @param trailers only header fields count
   * @throws IllegalArgumentException if one of them may be no trailer, as {@code content-length}
   *     and {@code host} may not (RFC 9110, section 6.5.1); the body is not finished then
   */
  void finish(RpcResponse trailers);

  /**
   * Breaks the answer off, in a way that the client can tell from its end. HTTP/1 can do so only by
   * closing the connection.
   */
  void abort();
}
