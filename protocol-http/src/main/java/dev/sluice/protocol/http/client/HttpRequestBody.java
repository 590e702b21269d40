// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.rpc.OutgoingFields;
import io.netty.buffer.ByteBuf;

/**
 * The body of a request, part by part. Every method may be called from any thread; those of one
 * thread, and of threads that wait for each other, take effect in their order. A part that another
 * thread writes just when the body is finished fails the call, if it comes behind the end.
 *
 * <p>A writer holds back while {@link #isWritable} is {@code false}: before the connection stands,
 * while the peer has not said that it takes the body, and while it takes no more of it. One that
 * does not is tolerated up to the connection's {@code outbound_connection_limit}.
 */
public interface HttpRequestBody {

  /**
   * Queues bytes for the peer.
   *
   * @param data ownership passes to this method in every case
   * @return {@code false}: the call is over, or the body was finished; the buffer was released
   */
  boolean write(ByteBuf data);

  /**
   * Whether more would be sent soon.
   *
   * @return {@code false} also where the call is over
   */
  boolean isWritable();

  /**
   * Asks to be told when the body becomes writable, as often as it does.
   *
   * @param action called on the connection's event loop, perhaps once more than needed; soon if it
   *     is writable now. A second action takes the place of the first
   */
  void onWritable(Runnable action);

  /** The body is complete. A second call does nothing. */
  void finish();

  /**
   * The body is complete, and these fields follow it where the protocol has room for them: behind a
   * body whose length was not declared.
   *
   * @param trailers none that says how a message is framed, routed or read (RFC 9110, section
   *     6.5.1), such as {@code content-length} and {@code host}
   * @throws IllegalArgumentException if one does: the body is not finished
   */
  void finish(OutgoingFields trailers);
}
