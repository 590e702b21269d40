// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.outbound;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.outbound.OutboundConnection;
import dev.sluice.api.outbound.OutboundException.Kind;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.session.bridge.Admission;
import dev.sluice.session.bridge.CertificateVersion;
import dev.sluice.session.bridge.Ending;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.session.bridge.Protocol;
import dev.sluice.session.bridge.ProtocolChoice;
import dev.sluice.session.bridge.StreamBridge;
import dev.sluice.transport.epoll.stream.StreamChannels;
import dev.sluice.transport.epoll.stream.StreamChannels.ClientTls;
import dev.sluice.transport.epoll.tls.TlsPolicy;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How the channel that an attempt has won becomes a connection: TLS, the protocol that was agreed
 * on, and its session. On the loop, but where it says otherwise.
 */
final class OutboundHandover<S extends Session> implements StreamChannels.Opener {

  private final OutboundConnections owner;
  private final OutboundTarget target;
  private final OutboundOptions options;

  /** The preferred one first; the last is spoken where TLS does not say. */
  private final List<Protocol> protocols;

  private final OutboundAnswer<S> answer;
  private final TargetTable.Open open;
  private final Runnable giveUp;

  // Loop only. The first three are there once a channel was won.
  private @Nullable Channel channel;
  private @Nullable SslContext context;
  private @Nullable CertificateVersion shown;
  private @Nullable StreamBridge connection;

  // In the session's order.
  private @Nullable OutboundConnection<S> made;

  // Told behind the connection's end: its place is free then.
  private @Nullable OutboundFailure notSetUp;

  /**
   * @param protocols make sessions of type {@code S}
   * @param open over when the connection is
   * @param giveUp ends a connection that nobody waits for any more; any thread
   */
  OutboundHandover(
      OutboundConnections owner,
      OutboundTarget target,
      OutboundOptions options,
      List<Protocol> protocols,
      OutboundAnswer<S> answer,
      TargetTable.Open open,
      Runnable giveUp) {
    this.owner = owner;
    this.target = target;
    this.options = options;
    this.protocols = protocols;
    this.answer = answer;
    this.open = open;
    this.giveUp = giveUp;
  }

  /** The names to offer. */
  List<String> alpn(OutboundTls tls) {
    return tls.alpn().isEmpty()
        ? protocols.stream().flatMap(protocol -> protocol.alpn().stream()).distinct().toList()
        : tls.alpn();
  }

  /** What the connection will be served by. */
  ProtocolChoice choice() {
    List<Protocol> all = new ArrayList<>(protocols.size());
    for (Protocol protocol : protocols) {
      all.add(
          new Protocol(
              protocol.name(),
              new Client(protocol),
              protocol.execution(),
              protocol.speaksFirst(),
              protocol.alpn(),
              null,
              0,
              options.settings().orElse(null),
              protocol.classLoader()));
    }
    Protocol last = all.get(all.size() - 1);
    // Without TLS there is no word of the peer's to choose by.
    return options.tls().isPresent() ? ProtocolChoice.of(all, last) : ProtocolChoice.only(last);
  }

  /**
   * Takes the channel over, with its place, which is given back also where this throws.
   *
   * @param of the context of TLS; the caller's, and needed only until this returns
   * @param certificate what is shown of the node
   */
  void take(
      Channel won,
      Admission.Place place,
      EndpointOptions served,
      @Nullable SslContext of,
      @Nullable CertificateVersion certificate) {
    channel = won;
    context = of;
    shown = certificate;
    try {
      owner.streams().connected(won, place, served, this);
    } finally {
      context = null;
    }
    if (owner.draining() && connection != null) {
      // The drain may have gone through the connections before this one was there.
      connection.close(Ending.DRAINED);
    }
  }

  @Override
  public @Nullable ClientTls joined(StreamBridge bridge) {
    connection = bridge;
    OutboundTls tls = options.tls().orElse(null);
    SslContext of = context;
    if (tls == null || of == null) {
      return null;
    }
    if (shown != null) {
      bridge.servedWith(shown);
    }
    String name = withoutDot(tls.serverName().orElse(target.host()));
    SslHandler handler =
        TlsPolicy.clientHandler(
            of, Objects.requireNonNull(channel), name, target.port(), tls.verifies());
    // The sweep knows the deadline.
    handler.setHandshakeTimeoutMillis(0);
    boolean alpnRequired = !tls.alpn().isEmpty() && tls.alpnRequired();
    return new ClientTls(handler, new HandshakeWatch(this, bridge, alpnRequired));
  }

  @Override
  public void notSetUp(Throwable cause) {
    notSetUp =
        new OutboundFailure(Kind.SESSION_FAILED, Ending.describe("not set up", cause), cause);
  }

  private static String withoutDot(String name) {
    return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
  }

  /** Makes the session, in its order. */
  private final class Client implements CustomProtocolSubsystem {
    private final Protocol protocol;

    Client(Protocol protocol) {
      this.protocol = protocol;
    }

    @Override
    public String name() {
      return protocol.name();
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      try {
        Session session =
            Objects.requireNonNull(protocol.subsystem().create(id, writer), "no session");
        made = new OutboundConnection<>(asWanted(session), writer.context(id));
        return session;
      } catch (Throwable failed) {
        answer.refuse(
            new OutboundFailure(
                Kind.SESSION_FAILED, Ending.describe("the factory failed", failed), failed));
        throw failed;
      }
    }
  }

  /** The protocols make no others. */
  @SuppressWarnings("unchecked")
  private S asWanted(Session session) {
    return (S) session;
  }

  /** In the session's order. */
  @Override
  public void sessionMade(Session session) {
    if (!answer.give(Objects.requireNonNull(made))) {
      giveUp.run();
    }
  }

  // ---- how it ends

  /** TLS does not stand; the connection ends by itself. */
  void handshakeFailed(Throwable cause) {
    CloseReason reason = Objects.requireNonNull(connection).ending().reason();
    answer.refuse(OutboundFailure.ofHandshake(cause, reason, offered()));
  }

  /** The peer has chosen none of the names. */
  void notChosen() {
    answer.refuse(OutboundFailure.notNegotiated(offered()));
  }

  private List<String> offered() {
    return options.tls().map(this::alpn).orElse(List.of());
  }

  /** Behind the last call into the session, or in place of it: a stage never stays open. */
  @Override
  public void ended(Ending ending) {
    open.over();
    OutboundFailure failure = notSetUp;
    answer.refuse(failure != null ? failure : OutboundFailure.ofEnd(ending.reason()));
  }

  /** Whoever wanted the connection does not any more. */
  void abort() {
    if (connection != null) {
      connection.abort(Ending.of(CloseReason.TERMINATED));
    }
  }
}
