// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import dev.sluice.api.ConnId;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;

/**
 * The channel that hosted handlers see. What differs from a channel of Netty's own:
 *
 * <ul>
 *   <li>A write goes to the node at once, in its order; {@code flush} asks for nothing more, since
 *       the node flushes at the end of each read pass, or once for a burst. Messages that reach the
 *       head are {@code ByteBuf}s; others fail.
 *   <li>{@code close} sends what was written before and then closes; {@code channelInactive} comes
 *       when the connection has ended.
 *   <li>Turning {@code autoRead} off pauses reading; what the node has taken off the socket
 *       already, at most a read pass, is still fired.
 *   <li>The peer's end of stream closes the channel; on plaintext connections and with {@code
 *       ALLOW_HALF_CLOSURE} it is fired as {@code ChannelInputShutdownEvent} instead.
 *   <li>The parent is a {@code ServerChannel}, by which handlers tell that they serve, and can do
 *       nothing.
 *   <li>{@link NodeRequest}s come as user events; one that no handler takes closes the channel.
 *   <li>A failure that no handler catches closes the connection as a protocol error, and is counted
 *       instead of logged.
 * </ul>
 */
public interface SessionChannel extends DuplexChannel {

  /**
   * The channel of a handler that is hosted.
   *
   * @param ctx of a handler in a hosted pipeline
   * @return its channel
   * @throws ClassCastException in another pipeline
   */
  static SessionChannel of(ChannelHandlerContext ctx) {
    return (SessionChannel) ctx.channel();
  }

  /**
   * The connection.
   *
   * @return its id
   */
  ConnId connId();

  /**
   * The connection's way back, for {@code hold} and {@code consumed}, a close with a reason, and
   * all else that a channel has no word for.
   *
   * @return bound to this connection
   */
  SessionWriter writer();

  /**
   * What the node knows of the connection: settings, TLS, counters.
   *
   * @return its context
   */
  SessionContext context();
}
