// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundException.Kind;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.rpc.ApplicationContext;
import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcMap;
import dev.sluice.api.rpc.RpcService;
import dev.sluice.protocol.http.client.HttpClientSession;
import dev.sluice.session.bridge.Connections;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.session.bridge.Protocol;
import dev.sluice.transport.epoll.EpollTransport;
import dev.sluice.transport.epoll.InterfaceOptions;
import dev.sluice.transport.epoll.OpenSslServer;
import dev.sluice.transport.epoll.TransportOptions;
import dev.sluice.transport.epoll.outbound.ClientSide;
import dev.sluice.transport.epoll.outbound.OutboundConnections;
import dev.sluice.transport.epoll.outbound.OutboundSettings;
import dev.sluice.transport.epoll.tls.ClientCertificates;
import dev.sluice.transport.epoll.tls.ServerIdentity;
import dev.sluice.transport.epoll.tls.TlsContextRef;
import dev.sluice.transport.epoll.tls.TlsPolicy;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** HTTP on the real transport, on loopback, with applications of a test's own. */
public final class HttpNode implements AutoCloseable {

  public static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Locked for reading by who expects an empty log of the process, for writing by who fills it. */
  public static final String LOG = "log";

  /** Connections are given to them in turn. */
  public static final int LOOPS = 2;

  private final EpollTransport transport;
  private final CustomProtocolSubsystem protocol;
  private final List<RpcHandler> handlers;
  private final OpenSslServer server;
  private final OutboundConnections outbound;
  private final List<CustomProtocolSubsystem> clients;

  /** What a test may want to be different. */
  public static final class Options {
    public CustomProtocolSubsystem protocol = new Http1Protocol();
    public HttpConfiguration http = HttpConfiguration.defaults();
    public EndpointOptions.Limits limits = EndpointOptions.Limits.defaults();
    public ByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    public boolean tls;
    public long inboundQueueLimit = TransportOptions.defaults().inboundQueueLimit();
    public long outboundQueueLimit = TransportOptions.defaults().outboundQueueLimit();
    public Duration requestTimeout = TransportOptions.defaults().requestTimeout();
    public int softCap = 1000;
    public int hardCap = 1010;
    public int port;

    /** Of the protocol on the interface, and of applications. */
    public Record settings;

    /** Beside the node's own, those that connections can be opened by. */
    public List<CustomProtocolSubsystem> clients = List.of(new Http1Protocol());

    public OutboundSettings outbound = OutboundSettings.defaults();

    public HttpNode start(RpcHandler... handlers) throws Exception {
      return new HttpNode(this, List.of(handlers));
    }
  }

  /**
   * For volumes, which to trace every buffer would slow down twofold: what was not given back is
   * counted and fails the close all the same, but nothing tells where it went.
   */
  public static ByteBufAllocator untraced() {
    return new UnpooledByteBufAllocator(true, true);
  }

  public static HttpNode serving(RpcHandler... handlers) throws Exception {
    return new Options().start(handlers);
  }

  private HttpNode(Options options, List<RpcHandler> handlers) throws Exception {
    TransportOptions defaults = TransportOptions.defaults();
    this.handlers = handlers;
    this.protocol = options.protocol;
    this.clients = options.clients;
    this.transport =
        new EpollTransport(
            new TransportOptions(
                LOOPS,
                8,
                options.inboundQueueLimit,
                defaults.inboundConnectionLimit(),
                options.outboundQueueLimit,
                options.requestTimeout,
                options.allocator));
    this.outbound = transport.openOutbound(options.outbound, this::client, ClientCertificates.NONE);
    ApplicationContext context = new Context(transport, outbound.connector(), options.settings);
    protocol.start(context);
    for (RpcHandler handler : handlers) {
      handler.start(context);
    }
    this.server =
        transport.server(
            new InterfaceOptions(
                "http",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), options.port),
                Protocol.of(protocol),
                options.settings,
                new RpcMap(options.http, handlers.stream().map(RpcService::of).toList()),
                options.tls ? certificate(protocol.alpnProtocols()) : null,
                options.softCap,
                options.hardCap,
                options.limits,
                1024));
    server.bind();
    server.listen();
  }

  private static TlsContextRef certificate(List<String> alpn) throws Exception {
    X509Bundle bundle =
        new CertificateBuilder()
            .subject("CN=localhost")
            .addSanDnsName("localhost")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Path folder = Files.createTempDirectory("http1-test");
    Path chain = Files.writeString(folder.resolve("cert.pem"), bundle.getCertificatePathPEM());
    Path key = Files.writeString(folder.resolve("key.pem"), bundle.getPrivateKeyPEM());
    try {
      return new TlsContextRef(
          TlsPolicy.server(
              ServerIdentity.read(chain, key),
              TlsPolicy.ClientAuthentication.REQUEST,
              List.of(),
              alpn));
    } finally {
      Files.delete(chain);
      Files.delete(key);
      Files.delete(folder);
    }
  }

  public int port() {
    return server.address().getPort();
  }

  public HttpClient connect() throws Exception {
    return new HttpClient(port());
  }

  private Protocol client(String name) {
    CustomProtocolSubsystem found =
        Stream.concat(Stream.of(protocol), clients.stream())
            .filter(one -> one.name().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new OutboundException(
                        Kind.NOT_SUPPORTED, "no protocol is named " + name, null));
    return ClientSide.of(
        name,
        found.client().orElseThrow(),
        Execution.EVENT_LOOP,
        found.alpnProtocols(),
        found.getClass().getClassLoader());
  }

  /** The way out of this node. */
  public OutboundConnections outbound() {
    return outbound;
  }

  /** A connection as an HTTP client, opened from this node. */
  public HttpClientSession session(OutboundTarget to, OutboundOptions options, String version)
      throws Exception {
    return (HttpClientSession)
        outbound
            .connector()
            .connect(to, options, version)
            .toCompletableFuture()
            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
            .session();
  }

  /** Where this node listens. */
  public OutboundTarget target() {
    return new OutboundTarget("127.0.0.1", port());
  }

  public EndpointMetrics.Snapshot metrics() {
    return server.endpoint().metrics().snapshot();
  }

  public long counted(String name) {
    return metrics().counters().getOrDefault(name, 0L);
  }

  public OpenSslServer server() {
    return server;
  }

  public long inboundPromised() {
    return transport.connections().inboundPromised();
  }

  public long inboundQueued() {
    return transport.connections().inboundQueued();
  }

  public long outboundQueued() {
    return transport.connections().outboundQueued();
  }

  public long buffersAlive() {
    return transport.options().allocator() instanceof UnpooledByteBufAllocator counted
        ? counted.metric().usedDirectMemory() + counted.metric().usedHeapMemory()
        : 0;
  }

  public static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      LockSupport.parkNanos(2_000_000);
    }
  }

  /** Everything ends, and nothing is left: no connection, no buffer, nothing held. */
  @Override
  public void close() {
    server.close();
    outbound.openNoMore();
    server.endpoint().abortAll(CloseReason.DRAIN_DEADLINE);
    outbound.endpoint().abortAll(CloseReason.DRAIN_DEADLINE);
    try {
      assertThat(server.endpoint().awaitNone(PATIENCE)).isTrue();
      assertThat(outbound.endpoint().awaitNone(PATIENCE)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    for (RpcHandler handler : handlers) {
      handler.stop();
    }
    outbound.close();
    try {
      await(
          "nothing stays: " + transport.connections().remains(),
          () -> transport.connections().remains().equals(Connections.Remains.NOTHING));
    } finally {
      // Also where something stays: its threads would run beside the next test.
      assertThat(transport.stop(PATIENCE)).as("threads that do not end").isEmpty();
    }
    assertThat(transport.connections().remains()).isEqualTo(Connections.Remains.NOTHING);
    assertThat(buffersAlive()).as("bytes of buffers alive").isZero();
    TlsContextRef tls = server.options().tls();
    if (tls != null) {
      tls.close();
    }
  }

  private record Context(EpollTransport transport, OutboundConnector outbound, Record settings)
      implements ApplicationContext {

    @Override
    public <T extends Record> T settings(Class<T> type) {
      return type.cast(settings);
    }

    @Override
    public String nodeVersion() {
      return "test";
    }

    @Override
    public Executor executor(Execution execution) {
      return transport.executor(execution);
    }

    @Override
    public ByteBufAllocator allocator() {
      return transport.options().allocator();
    }
  }
}
