// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CloseReason;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundException.Kind;
import dev.sluice.api.rpc.RpcMap;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.session.bridge.ConnectionState;
import dev.sluice.session.bridge.ConnectionView;
import dev.sluice.session.bridge.Connections;
import dev.sluice.session.bridge.DatagramOptions;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.session.bridge.Protocol;
import dev.sluice.session.bridge.ProtocolChoice;
import dev.sluice.transport.epoll.loop.LoopFigures;
import dev.sluice.transport.epoll.outbound.OutboundConnections;
import dev.sluice.transport.epoll.outbound.OutboundSettings;
import dev.sluice.transport.epoll.outbound.ProtocolFinder;
import dev.sluice.transport.epoll.tls.ClientCertificates;
import dev.sluice.transport.epoll.tls.ServerIdentity;
import dev.sluice.transport.epoll.tls.TlsContextRef;
import dev.sluice.transport.epoll.tls.TlsPolicy;
import dev.sluice.transport.epoll.tls.TlsPolicy.ClientAuthentication;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLSocket;

/** A transport with interfaces on loopback, and clients for them. */
final class TestNode implements AutoCloseable {

  static final Duration PATIENCE = Duration.ofSeconds(20);

  final EpollTransport transport;
  private final List<InterfaceServer> servers = new ArrayList<>();
  private OutboundConnections outbound;
  private Duration patience = PATIENCE;

  TestNode() {
    this(options());
  }

  /** The defaults with few threads, and with an allocator that knows what was not given back. */
  static TransportOptions options() {
    TransportOptions defaults = TransportOptions.defaults();
    return new TransportOptions(
        2,
        8,
        defaults.inboundQueueLimit(),
        defaults.inboundConnectionLimit(),
        defaults.outboundQueueLimit(),
        defaults.requestTimeout(),
        new UnpooledByteBufAllocator(true));
  }

  /** Bytes of buffers that came from the node's allocator and are still alive. */
  long buffersAlive() {
    return transport.options().allocator() instanceof UnpooledByteBufAllocator counted
        ? counted.metric().usedDirectMemory() + counted.metric().usedHeapMemory()
        : 0;
  }

  TestNode(TransportOptions options) {
    transport = new EpollTransport(options);
  }

  /** What {@link #close} waits for has to come to pass within this. */
  TestNode endingWithin(Duration other) {
    patience = other;
    return this;
  }

  /** Connections that loops look after, all loops together. */
  int inSweeps() {
    return transport.loops().stream().mapToInt(LoopFigures::connections).sum();
  }

  /** One interface in the making. */
  final class Interface {
    private final List<Protocol> protocols = new ArrayList<>();
    private CustomProtocolSubsystem fallback;
    private RpcMap rpc = RpcMap.EMPTY;
    private boolean tls;
    private TlsContextRef certificates;
    private ClientAuthentication authentication = ClientAuthentication.REQUEST;
    private InetAddress address = InetAddress.getLoopbackAddress();
    private int port;
    private Path chain = TestCertificates.SERVER_CHAIN;
    private Path key = TestCertificates.SERVER_KEY;
    private int softCap = 10_000;
    private int hardCap = 10_000;
    private EndpointOptions.Limits limits = EndpointOptions.Limits.defaults();
    private DatagramOptions datagrams = DatagramOptions.defaults();

    Interface(CustomProtocolSubsystem protocol) {
      beside(protocol);
    }

    /** Serves one more, the default unless another is made it. */
    Interface beside(CustomProtocolSubsystem protocol) {
      protocols.add(Protocol.of(protocol));
      return fallback(protocol);
    }

    Interface fallback(CustomProtocolSubsystem protocol) {
      fallback = protocol;
      return this;
    }

    Interface tls() {
      tls = true;
      return this;
    }

    Interface tls(boolean wanted) {
      tls = wanted;
      return this;
    }

    /** Serves with these, closed with the node. */
    Interface tls(TlsContextRef given) {
      certificates = given;
      return this;
    }

    Interface clients(ClientAuthentication asked) {
      authentication = asked;
      return tls();
    }

    Interface address(InetAddress other) {
      address = other;
      return this;
    }

    Interface port(int other) {
      port = other;
      return this;
    }

    Interface certificate(Path otherChain, Path otherKey) {
      chain = otherChain;
      key = otherKey;
      return tls();
    }

    Interface caps(int soft, int hard) {
      softCap = soft;
      hardCap = hard;
      return this;
    }

    Interface rpc(RpcMap applications) {
      rpc = applications;
      return this;
    }

    /** Of the protocol that was named last. */
    Interface settings(Record bound) {
      int last = protocols.size() - 1;
      protocols.set(last, protocols.get(last).withSettings(bound));
      return this;
    }

    Interface limits(EndpointOptions.Limits other) {
      limits = other;
      return this;
    }

    Interface datagrams(DatagramOptions other) {
      datagrams = other;
      return this;
    }

    /** Serves datagrams. */
    DatagramServer udp() throws Exception {
      DatagramServer server = bindUdp();
      server.listen();
      return server;
    }

    DatagramServer bindUdp() throws Exception {
      DatagramServer server = transport.datagramServer(options(null), datagrams);
      servers.add(server);
      server.bind();
      return server;
    }

    OpenSslServer bind() throws Exception {
      ProtocolChoice served = served();
      TlsContextRef context =
          tls && certificates == null
              ? new TlsContextRef(
                  TlsPolicy.server(
                      ServerIdentity.read(chain, key),
                      authentication,
                      authentication == ClientAuthentication.REQUIRE
                          ? TlsPolicy.authorities(TestCertificates.TRUSTED)
                          : List.of(),
                      served.alpn()))
              : certificates;
      OpenSslServer server = transport.server(options(context));
      servers.add(server);
      server.bind();
      return server;
    }

    private ProtocolChoice served() {
      return ProtocolChoice.of(
          protocols,
          protocols.stream()
              .filter(served -> served.subsystem() == fallback)
              .findFirst()
              .orElseThrow());
    }

    private InterfaceOptions options(TlsContextRef context) {
      return new InterfaceOptions(
          "test" + servers.size(),
          new InetSocketAddress(address, port),
          served(),
          rpc,
          context,
          softCap,
          hardCap,
          limits,
          1024);
    }

    OpenSslServer listen() throws Exception {
      OpenSslServer server = bind();
      server.listen();
      return server;
    }
  }

  /** Connects with the defaults. */
  OutboundConnector outbound() {
    return outbound(OutboundSettings.defaults(), ClientCertificates.NONE).connector();
  }

  OutboundConnections outbound(OutboundSettings settings, ClientCertificates certificates) {
    return outbound(
        settings,
        certificates,
        name -> {
          throw new OutboundException(Kind.NOT_SUPPORTED, "no protocol is named " + name, null);
        });
  }

  OutboundConnections outbound(
      OutboundSettings settings, ClientCertificates certificates, ProtocolFinder protocols) {
    outbound = transport.openOutbound(settings, protocols, certificates);
    return outbound;
  }

  Interface serve(CustomProtocolSubsystem protocol) {
    return new Interface(protocol);
  }

  /** An interface of a transport that a test ends by itself; neither bound nor listening yet. */
  static OpenSslServer alone(EpollTransport of, CustomProtocolSubsystem protocol) {
    return of.server(
        new InterfaceOptions(
            "alone",
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            ProtocolChoice.only(Protocol.of(protocol)),
            RpcMap.EMPTY,
            null,
            10,
            10,
            EndpointOptions.Limits.defaults(),
            10));
  }

  /** A connected client, through TLS where the interface has it. */
  static Socket connect(OpenSslServer server) throws Exception {
    InetSocketAddress address = server.address();
    Socket socket =
        server.options().tls() == null
            ? new Socket()
            : TestCertificates.clientContext(null).getSocketFactory().createSocket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) PATIENCE.toMillis());
    socket.connect(address, (int) PATIENCE.toMillis());
    if (socket instanceof SSLSocket ssl) {
      ssl.startHandshake();
    }
    return socket;
  }

  static void await(String what, BooleanSupplier condition) {
    await(what, PATIENCE, condition);
  }

  static void await(String what, Duration patience, BooleanSupplier condition) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("did not come to pass within " + patience + ": " + what);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** Waits until so many connections are not read from, whatever for. */
  void awaitPaused(int count) {
    await(
        count + " are not read from",
        () -> views().stream().filter(ConnectionView::readsPaused).count() == count);
  }

  /** Every loop has gone round since: what its sockets had for it has been taken up. */
  void goRound() {
    // A turn that has begun before does not count, nor does the rest of it.
    for (int i = 3 * transport.loops().size(); i > 0; i--) {
      transport.nextLoop().submit(() -> {}).syncUninterruptibly();
    }
  }

  /** Whether nothing carries bytes any more; sessions may still be at work. */
  boolean socketsGone() {
    return views().stream().allMatch(view -> view.state() == ConnectionState.ENDED);
  }

  private List<ConnectionView> views() {
    return transport.connections().newest(ConnectionFilter.ALL, 1000);
  }

  static void awaitNothingLeft(EpollTransport transport) {
    awaitNothingLeft(transport, PATIENCE);
  }

  private static void awaitNothingLeft(EpollTransport transport, Duration patience) {
    Connections connections = transport.connections();
    await(
        "nothing stays: " + connections.remains(),
        patience,
        () -> connections.remains().equals(Connections.Remains.NOTHING));
  }

  /** Ends everything, and fails where something stays. */
  @Override
  public void close() {
    try {
      endAll();
    } finally {
      // Also where something stays: its threads would run beside the next test.
      transport.stop(Duration.ZERO);
    }
  }

  private void endAll() {
    servers.forEach(InterfaceServer::close);
    for (InterfaceServer server : servers) {
      server.endpoint().abortAll(CloseReason.DRAIN_DEADLINE);
    }
    if (outbound != null) {
      outbound.openNoMore();
      Endpoint opened = outbound.endpoint();
      opened.abortAll(CloseReason.DRAIN_DEADLINE);
      await(
          "outbound connections end: " + opened.metrics().snapshot(),
          patience,
          () -> opened.unfinished() == 0 && opened.metrics().snapshot().open() == 0);
      outbound.close();
    }
    for (InterfaceServer server : servers) {
      await(
          "connections end: " + server.endpoint().metrics().snapshot(),
          patience,
          () -> server.endpoint().unfinished() == 0);
      TlsContextRef tls = server.options().tls();
      if (tls != null) {
        tls.close();
      }
    }
    awaitNothingLeft(transport, patience);
    List<String> stuck = transport.stop(patience);
    if (!stuck.isEmpty()) {
      throw new AssertionError("workers stay: " + stuck);
    }
    await("all buffers are given back", patience, () -> buffersAlive() == 0);
    for (InterfaceServer server : servers) {
      for (Protocol served : server.options().protocols().all()) {
        if (served.subsystem() instanceof ScriptedProtocol protocol) {
          protocol.verify();
        }
      }
    }
  }
}
