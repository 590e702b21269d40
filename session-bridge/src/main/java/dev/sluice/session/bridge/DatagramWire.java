// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.concurrent.EventExecutor;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What a transport does for the {@link DatagramBridge}s behind one of its sockets: the effects. On
 * the loop, but for the getters.
 */
public interface DatagramWire {

  /**
   * Writes a datagram; it leaves with the next {@link #flush}. {@link DatagramBridge#sent} has to
   * be told what became of it, from within the call or later.
   *
   * @param data may be empty; ownership passes to this method in every case, also if it throws
   * @param to whose remote address it goes to
   * @param size of the datagram, for {@code sent}
   * @param told for {@code sent}
   */
  void send(ByteBuf data, DatagramBridge to, int size, DatagramBridge.@Nullable Told told);

  /** Sends what was written. */
  void flush();

  /**
   * What comes from the peer's address from now on is for another session.
   *
   * @param peer closing
   */
  void forget(DatagramBridge peer);

  /**
   * Nothing is written for the peer any more.
   *
   * @param peer was forgotten before
   */
  void gone(DatagramBridge peer);

  /**
   * This end.
   *
   * @return null where it is not known
   */
  @Nullable SocketAddress localAddress();

  /**
   * Where all events come from.
   *
   * @return the same always
   */
  EventExecutor loop();

  /**
   * For what sessions write, and for datagrams that wait.
   *
   * @return the same always
   */
  ByteBufAllocator allocator();
}
