// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.rpc.RpcMap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.concurrent.EventExecutor;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * What the node knows of a connection and does for its session.
 *
 * <p>Every method may be called from any thread and never blocks; what it answers does not change
 * during the session's life, but for {@link #idleTimeout()} where the session sets it, and {@link
 * #heldByNode()}. It stays usable after {@link Session#connectionClosed}; tasks are then refused.
 */
public interface SessionContext {

  /**
   * The connection.
   *
   * @return its id
   */
  ConnId id();

  /**
   * The interface that accepted the connection.
   *
   * @return its name in the configuration; {@code outbound} where the node has connected
   */
  String interfaceName();

  /**
   * What carries the bytes.
   *
   * @return the transport
   */
  Transport transport();

  /**
   * This end of the connection.
   *
   * @return the address that the peer sees
   */
  SocketAddress localAddress();

  /**
   * The other end of the connection.
   *
   * @return the peer's address
   */
  SocketAddress remoteAddress();

  /**
   * What the TLS handshake agreed on.
   *
   * @return empty on a plaintext connection
   */
  Optional<TlsInfo> tls();

  /**
   * Whether the bytes travel encrypted.
   *
   * @return whether there is {@link #tls()}
   */
  default boolean secure() {
    return tls().isPresent();
  }

  /**
   * The interface's {@code protocol_config}; of an outbound connection what its options gave.
   *
   * @param <T> the settings
   * @param type what {@link CustomProtocolSubsystem#settingsType()} named
   * @return checked at start-up; the same object for every connection of the interface
   * @throws IllegalArgumentException for another type
   */
  <T extends Record> T settings(Class<T> type);

  /**
   * The applications that the interface serves, for protocols that carry requests.
   *
   * @return the same for every connection of the interface; none on outbound connections
   */
  RpcMap rpc();

  /**
   * Opens connections as a client, which live on this connection's event loop.
   *
   * @return stays good after this connection's end
   */
  default OutboundConnector outbound() {
    return OutboundConnector.unsupported("nothing is connected to from here");
  }

  /**
   * Where to take outbound buffers from.
   *
   * @return the connection's allocator
   */
  ByteBufAllocator allocator();

  /**
   * The event loop that the connection lives on. For code that must run there; session code that
   * only wants to come back into its own order uses {@link #execute}.
   *
   * @return the same for the connection's whole life
   */
  EventExecutor executor();

  /**
   * Runs a task in the session's own order, after the calls that are already waiting. What it
   * throws counts as the session's failure.
   *
   * @param task run before {@link Session#connectionClosed} if at all
   * @return {@code false}: the connection is gone, the task will not run; {@code true} and the
   *     connection is closed before the task's turn: it does not run
   */
  boolean execute(Runnable task);

  /**
   * Runs a task in the session's own order after a delay, unless the connection ends before.
   *
   * @param delay not negative; exact to some milliseconds
   * @param task as for {@link #execute}
   * @return takes the task back
   */
  ScheduledTask schedule(Duration delay, Runnable task);

  /**
   * The time that {@link #schedule} goes by. In a test it is the clock that the test sets, so that
   * a session measures by this and not by {@link System#nanoTime}.
   *
   * @return nanoseconds since any moment: of use for differences within a connection only
   */
  default long nanoTime() {
    return executor().ticker().nanoTime();
  }

  /**
   * Says whether the session owes its peer something that is still being made, such as an answer.
   * While it does the connection is not idle, up to the node's {@code request_timeout}. A session
   * that answers from within its calls need not say so.
   *
   * @param busy stands until the next call
   */
  void busy(boolean busy);

  /**
   * Says how long the connection may be without a byte either way while it is {@linkplain #busy},
   * for a protocol that knows its silence to be meant. Only where that is longer than what the node
   * allows anyway does it change anything.
   *
   * @param silence stands until the next call; zero at first
   */
  default void mayBeSilent(Duration silence) {}

  /**
   * How long a session that has nothing in hand stays open after {@link Session#drainRequested}.
   * For a protocol whose peers begin requests on a connection that was quiet: one may be under way
   * when the drain begins, and closing at once would lose it. What arrives within the grace is
   * answered, as the last thing on the connection.
   *
   * @return zero before a drain, and where the node has no patience; at most half of its deadline
   */
  default Duration drainIdleGrace() {
    return Duration.ZERO;
  }

  /**
   * After how long without a byte either way the node closes the connection. A protocol that can
   * tell more of it than silence, or wants to say good-bye, does so by itself, and no later.
   *
   * @return as the interface has it, or as the session has {@linkplain #idleTimeout(Duration) set}
   *     it; very long where nothing bounds it
   */
  default Duration idleTimeout() {
    return Duration.ofDays(365);
  }

  /**
   * Sets after how long without a byte either way the node closes this connection, in place of what
   * the interface has. For a protocol whose peer has said how long it may be silent, such as by a
   * keep-alive: longer than the interface's or shorter. Whatever a peer may ask for, the protocol
   * bounds it, by a setting of its own. All other limits of time stay as they are.
   *
   * <p>On UDP it counts from the peer's last datagram. Does nothing where nothing bounds idleness.
   *
   * @param timeout stands until the next call; kept to a quarter of a second or so
   * @throws IllegalArgumentException if it is not positive
   */
  default void idleTimeout(Duration timeout) {}

  /**
   * How much input the sessions of all connections may have waiting together, so that a protocol
   * with windows of its own promises its peer no more than can be kept.
   *
   * @return bytes; the largest number where nothing bounds it
   */
  default long inboundQueueLimit() {
    return Long.MAX_VALUE;
  }

  /**
   * Whether the node reads nothing from the peer at the moment since the inputs of all connections
   * are at their limit. A peer can't be blamed then for what does not come.
   *
   * @return on the connection's loop as of now; elsewhere it may be a little old
   */
  default boolean heldByNode() {
    return false;
  }

  /**
   * How much output may wait on all connections together.
   *
   * @return bytes; the largest number where nothing bounds it
   */
  default long outboundQueueLimit() {
    return Long.MAX_VALUE;
  }

  /**
   * Says that the peer has shown that it gets what is sent to its address, by a token that it was
   * sent or the like: the sender's address of a datagram alone can be forged. From now on an
   * interface that limits what an unproven peer is sent does so no more.
   *
   * <p>Does nothing where nothing is limited, as on TCP.
   */
  default void peerVerified() {}

  /**
   * Adds one to a counter of the interface. Costs a look-up: for events, not for every byte.
   *
   * @param counter a name from a fixed list, never taken from what a peer sent; the node counts
   *     names beyond its bound as {@code other}
   */
  void count(String counter);

  /**
   * Leaves a line for the record that is kept of the connection's end; the last one stands.
   *
   * @param text cut to 200 characters
   */
  void note(String text);
}
