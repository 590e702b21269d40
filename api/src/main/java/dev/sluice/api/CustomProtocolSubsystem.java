// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

import dev.sluice.api.outbound.ClientSessionFactory;
import dev.sluice.api.outbound.OutboundConnector;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A protocol: the factory of its sessions.
 *
 * <p>The node finds providers through {@link java.util.ServiceLoader}, one instance a node. A
 * provider has a public constructor without parameters that does nothing but assign fields: what
 * costs time or can fail belongs in {@link #start(NodeContext)}, which planning commands do not
 * call.
 *
 * <p>All methods but {@link #create} and {@link #createCapped} are called on the node's start-up or
 * shutdown thread, never at the same time. Their answers are read once and kept.
 */
public interface CustomProtocolSubsystem {

  /**
   * The name that an interface's {@code app_protocol} refers to, such as {@code LINE_ECHO}.
   *
   * @return one to 64 characters of {@code A-Z}, {@code 0-9}, {@code _}, {@code .} and {@code -},
   *     unique in the node; the same at every call
   */
  String name();

  /**
   * Makes the session of a new connection.
   *
   * <p>Called at most once a connection, in the session's own order (see {@link Execution}), when
   * its first bytes have arrived, or at once where the protocol {@linkplain #speaksFirst() speaks
   * first}. Sessions of different connections are made at the same time on different threads. The
   * writer already works: a greeting may be written, and {@link SessionWriter#context} read, from
   * within this call. An exception or {@code null} costs this connection only: it is closed with
   * {@link CloseReason#PROTOCOL_ERROR}.
   *
   * @param id the connection's id
   * @param writer the way back to the peer, bound to this connection
   * @return a session of this connection alone
   */
  Session create(ConnId id, SessionWriter writer);

  /**
   * Makes the session of a connection that was admitted above the interface's soft cap, so that the
   * protocol can refuse in its own words. Called in place of {@link #create}, under the same rules.
   *
   * <p>By default the connection is closed with {@link CloseReason#CAPPED} and without an answer.
   *
   * @param id the connection's id
   * @param writer the way back to the peer, bound to this connection
   * @return a session that says no and closes soon: what it holds open counts against the hard cap
   */
  default Session createCapped(ConnId id, SessionWriter writer) {
    writer.closeSocket(id, CloseReason.CAPPED);
    return CappedSession.INSTANCE;
  }

  /**
   * The transports that the protocol can be served on.
   *
   * @return not empty; {@link Transport#TCP} by default
   */
  default Set<Transport> transports() {
    return Set.of(Transport.TCP);
  }

  /**
   * The ALPN names that the protocol answers to, the preferred one first.
   *
   * <p>Several protocols can share a TLS port by them: a client is served by the first protocol of
   * the interface's {@code app_protocol}, and within it by the first of its names, that the client
   * offers too. A client that offers no names at all is served by the interface's default protocol.
   * Where any protocol of the interface has names, a client whose names are none of theirs is
   * refused with a {@code no_application_protocol} alert (RFC 7301, section 3.2).
   *
   * @return names of 1 to 255 bytes; empty by default, which ignores ALPN
   */
  default List<String> alpnProtocols() {
    return List.of();
  }

  /**
   * How a client of this protocol is known by its first bytes, for ports without TLS that several
   * protocols share.
   *
   * @return empty by default: on such a port it can only be the interface's default protocol, which
   *     serves whoever is not recognised
   */
  default Optional<ProtocolDetector> detector() {
    return Optional.empty();
  }

  /**
   * Whether the server opens the conversation, as in SMTP. The session is then made as soon as the
   * connection stands (under TLS: after the handshake) instead of at the first bytes. Such a
   * protocol can share a port under TLS alone, for clients that ask for it by ALPN: elsewhere the
   * client's first bytes decide, and they would not come.
   *
   * @return {@code false} by default
   */
  default boolean speaksFirst() {
    return false;
  }

  /**
   * Where the calls into this protocol's sessions run.
   *
   * @return {@link Execution#WORKERS} by default, so that a session may block
   */
  default Execution execution() {
    return Execution.WORKERS;
  }

  /**
   * The record that an interface's {@code protocol_config} is bound to, see {@link Setting}.
   *
   * @return a record type; empty by default, which allows no {@code protocol_config}
   */
  default Optional<Class<? extends Record>> settingsType() {
    return Optional.empty();
  }

  /**
   * The protocol's other end, for connections that the node opens: see {@link OutboundConnector}.
   *
   * @return empty by default: the protocol is served only, and who asks for a connection by its
   *     name is told so
   */
  default Optional<ClientSessionFactory<?>> client() {
    return Optional.empty();
  }

  /**
   * What is to be overwritten where an operator records this protocol's sessions in a file.
   *
   * @return empty by default: captures hold every byte
   */
  default Optional<CaptureRedactor> captureRedactor() {
    return Optional.empty();
  }

  /**
   * Called once before the first session, if any interface names this protocol or it has a {@link
   * #client()}.
   *
   * @param context what the node offers to protocols as a whole
   * @throws Exception ends the start of the node with this exception's message
   */
  default void start(NodeContext context) throws Exception {}

  /**
   * Called once after the last session has ended, if {@link #start} was called; also when it threw.
   */
  default void stop() {}
}
