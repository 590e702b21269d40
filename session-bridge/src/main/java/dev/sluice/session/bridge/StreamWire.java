// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.buffer.ByteBuf;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What a transport does for the {@link StreamBridge} of one of its connections: the effects. It
 * decides nothing about order, limits or endings.
 *
 * <p>Every method is called on the connection's loop, but for the addresses, and for {@link #close}
 * and {@link #abort} of a connection that was never registered with it. What a method brings about
 * may be told from within the call, or later. After the wire is gone every method does nothing.
 */
public interface StreamWire {

  /**
   * Whether more should be written before what was written has left. Changes to {@code true} are
   * told by {@link StreamBridge#takesMore}.
   *
   * @return {@code false}: enough is on its way
   */
  boolean takesMore();

  /**
   * Writes bytes; they leave with the next {@link #flush}.
   *
   * @param data not empty; ownership passes to this method in every case, also if it throws
   * @param mark where it is not 0, {@link StreamBridge#taken} is told this number once the kernel
   *     has taken these bytes and all before them, or {@link StreamBridge#outputFailed} that it
   *     will never
   */
  void write(ByteBuf data, long mark);

  /** Sends what was written. */
  void flush();

  /**
   * Reads from the peer, or rests.
   *
   * @param wanted {@code true} at first; what was taken off the socket already may still be told
   */
  void reads(boolean wanted);

  /**
   * Ends the sending side behind all that was written; under TLS with a close_notify first, unless
   * TLS has ended already. Answered by {@link StreamBridge#outputEnded}. What the peer sends is
   * read on.
   */
  void endOutput();

  /** Closes. What the kernel has taken still goes out, if all input was read. */
  void close();

  /** Closes and throws away what the kernel still has; on TCP the peer sees a reset. */
  void abort();

  /**
   * Whether the kernel has taken bytes since the last call, also where no mark was reached.
   *
   * @return asked once a {@linkplain StreamBridge#tick tick}
   */
  boolean progressed();

  /**
   * This end; any thread.
   *
   * @return null where it is not known
   */
  @Nullable SocketAddress localAddress();

  /**
   * The other end; any thread.
   *
   * @return null where it is not known
   */
  @Nullable SocketAddress remoteAddress();
}
