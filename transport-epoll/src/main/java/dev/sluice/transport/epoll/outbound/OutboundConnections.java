// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.outbound;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.outbound.ClientSessionFactory;
import dev.sluice.api.outbound.OutboundConnection;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundException.Kind;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundPool;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.rpc.RpcMap;
import dev.sluice.session.bridge.Admission;
import dev.sluice.session.bridge.Connections;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.session.bridge.Protocol;
import dev.sluice.session.bridge.ProtocolChoice;
import dev.sluice.transport.epoll.stream.ChannelSettings;
import dev.sluice.transport.epoll.stream.StreamChannels;
import dev.sluice.transport.epoll.tls.ClientCertificates;
import dev.sluice.transport.epoll.tls.ClientContexts;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollChannelOption;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections that a node opens: what they share, and the way to open one. Every method may be
 * called from any thread.
 */
public final class OutboundConnections {

  /** The interface name of these connections in lists, records and figures. */
  public static final String NAME = "outbound";

  private static final Logger log = LoggerFactory.getLogger(OutboundConnections.class);

  /** The most targets that the log is told of as not verified. */
  private static final int MOST_WARNINGS = 256;

  private static final long HELPER_SECONDS = 10;

  /** In place of an interface's protocol: each attempt brings its own. */
  private static final CustomProtocolSubsystem NO_PROTOCOL =
      new CustomProtocolSubsystem() {
        @Override
        public String name() {
          return NAME;
        }

        @Override
        public Session create(ConnId id, SessionWriter writer) {
          throw new IllegalStateException("nothing is accepted here");
        }
      };

  private final OutboundSettings settings;
  private final Endpoint endpoint;
  private final StreamChannels streams;
  private final ClientContexts contexts = new ClientContexts();
  private final NameLookup names;
  private final List<EventLoop> loops;
  private final TargetTable targets = new TargetTable();
  private final AtomicInteger turn = new AtomicInteger();
  private final Set<OutboundAttempt<?>> attempts = ConcurrentHashMap.newKeySet();
  private final Set<String> warned = ConcurrentHashMap.newKeySet();

  /** Reads the files of trust and of the system's resolver; there while there is need for it. */
  private final ThreadPoolExecutor helper;

  // Both are let go of at the end: a session that is kept beyond it does not keep a node alive.
  // Read by whoever connects.
  private volatile ProtocolFinder protocols;
  private volatile ClientCertificates certificates;

  // Set once; read by whoever connects.
  private volatile boolean draining;

  /**
   * Nothing is opened yet.
   *
   * @param connections all of the node's
   * @param loops what connections are spread over
   * @param channels what they share with accepted ones
   * @param settings limits
   * @param protocols finds a protocol by its name
   * @param certificates what may be shown to servers
   */
  public OutboundConnections(
      Connections connections,
      List<EventLoop> loops,
      ChannelSettings channels,
      OutboundSettings settings,
      ProtocolFinder protocols,
      ClientCertificates certificates) {
    this.settings = settings;
    this.protocols = protocols;
    this.certificates = certificates;
    this.loops = List.copyOf(loops);
    this.names = new NameLookup(settings.nameServers());
    this.endpoint =
        connections.endpoint(
            new EndpointOptions(
                NAME,
                ProtocolChoice.only(Protocol.of(NO_PROTOCOL)),
                RpcMap.EMPTY,
                false,
                settings.maxConnections(),
                settings.maxConnections(),
                settings.limits()));
    this.streams = new StreamChannels(channels, endpoint, null);
    this.helper =
        new ThreadPoolExecutor(
            1,
            1,
            HELPER_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "sluice-outbound");
              thread.setDaemon(true);
              thread.setContextClassLoader(OutboundConnections.class.getClassLoader());
              return thread;
            });
    helper.allowCoreThreadTimeOut(true);
  }

  /**
   * Opens connections spread over the loops.
   *
   * @return for those who belong to no connection
   */
  public OutboundConnector connector() {
    return new Connector(this::nextLoop);
  }

  /**
   * Takes the loops in turn, apart from accepted connections: where each of those opens one, a
   * common turn would put all accepted ones on the same few loops.
   */
  private EventLoop nextLoop() {
    return loops.get(Math.floorMod(turn.getAndIncrement(), loops.size()));
  }

  /**
   * Opens connections on one loop.
   *
   * @param loop one of the node's
   * @return for the sessions that live there
   */
  public OutboundConnector on(EventLoop loop) {
    return new Connector(() -> loop);
  }

  /**
   * Drains and counts these connections, as an interface's.
   *
   * @return the same always
   */
  public Endpoint endpoint() {
    return endpoint;
  }

  /** Opens no more: what is under way fails, as does what is asked for from now on. */
  public void openNoMore() {
    draining = true;
    attempts.forEach(OutboundAttempt::drained);
  }

  /** Gives up what the connections have shared. All of them have ended before. */
  public void close() {
    openNoMore();
    helper.shutdown();
    try {
      helper.awaitTermination(HELPER_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    contexts.close();
    names.close();
    certificates = ClientCertificates.NONE;
    protocols =
        name -> {
          throw new OutboundException(Kind.DRAINING, "this node has ended", null);
        };
  }

  /** The protocols make sessions of type {@code S}. */
  private <S extends Session> CompletableFuture<OutboundConnection<S>> connect(
      EventLoop loop, OutboundTarget target, OutboundOptions options, List<Protocol> wanted) {
    if (draining) {
      return refused(Kind.DRAINING, target + ": this node is going to stop");
    }
    Admission.Place place = endpoint.reserve();
    if (place == null) {
      OutboundFailure full =
          new OutboundFailure(Kind.LOCAL_LIMIT, "as many connections are open as may", null);
      TargetTable.Row figures = targets.row(target, options.foreignTarget());
      figures.begin().over();
      figures.failed(Kind.LOCAL_LIMIT);
      endpoint.notOpened(
          target.toString(), names(wanted), full.ending("outbound.max_connections"), Duration.ZERO);
      return refused(
          Kind.LOCAL_LIMIT,
          target + ": this node has " + settings.maxConnections() + " outbound connections open");
    }
    options.tls().filter(tls -> !tls.verifies()).ifPresent(tls -> warn(target, wanted));
    OutboundAttempt<S> attempt = new OutboundAttempt<>(this, loop, target, options, wanted, place);
    attempts.add(attempt);
    if (draining) {
      attempt.drained();
    }
    try {
      if (loop.inEventLoop()) {
        attempt.begin();
      } else {
        loop.execute(attempt::begin);
      }
    } catch (RejectedExecutionException loopHasEnded) {
      attempt.drained();
    }
    return attempt.stage();
  }

  private <T> CompletableFuture<T> refused(Kind kind, String message) {
    endpoint.metrics().error(OutboundFailure.counter(kind));
    return CompletableFuture.failedFuture(new OutboundException(kind, message, null));
  }

  private void warn(OutboundTarget target, List<Protocol> wanted) {
    String protocol = names(wanted);
    if (warned.size() < MOST_WARNINGS && warned.add(target + " " + protocol)) {
      log.warn(
          "{}: connects to {} without verifying who it is (insecureNoVerification)",
          protocol,
          target);
    }
  }

  private static String names(List<Protocol> protocols) {
    return protocols.stream().map(Protocol::name).collect(Collectors.joining(", "));
  }

  /**
   * What is counted by target, of a bounded number of them.
   *
   * @return by name; all others last, as one
   */
  public List<TargetFigures> figures() {
    return targets.snapshot();
  }

  // ---- for attempts

  TargetTable targets() {
    return targets;
  }

  boolean draining() {
    return draining;
  }

  OutboundSettings settings() {
    return settings;
  }

  ClientCertificates certificates() {
    return certificates;
  }

  ClientContexts contexts() {
    return contexts;
  }

  NameLookup names() {
    return names;
  }

  Executor helper() {
    return helper;
  }

  StreamChannels streams() {
    return streams;
  }

  /** Before it connects. */
  void configure(Channel channel, boolean secure) {
    streams.configure(channel, secure);
    int millis = (int) Math.min(settings.userTimeout().toMillis(), Integer.MAX_VALUE);
    channel.config().setOption(EpollChannelOption.TCP_USER_TIMEOUT, millis);
  }

  /** What an interface would have for one connection. */
  EndpointOptions served(ProtocolChoice by, OutboundOptions wanted) {
    EndpointOptions.Limits limits = settings.limits();
    return new EndpointOptions(
        NAME,
        by,
        RpcMap.EMPTY,
        wanted.tls().isPresent(),
        settings.maxConnections(),
        settings.maxConnections(),
        new EndpointOptions.Limits(
            wanted.idleTimeout().orElse(limits.idleTimeout()),
            wanted.handshakeTimeout().orElse(limits.handshakeTimeout()),
            limits.slowConsumerTimeout(),
            limits.highMark(),
            limits.hardMark(),
            limits.lingerTimeout()));
  }

  void over(OutboundAttempt<?> attempt) {
    attempts.remove(attempt);
  }

  private final class Connector implements OutboundConnector {
    private final Supplier<EventLoop> loops;

    Connector(Supplier<EventLoop> loops) {
      this.loops = loops;
    }

    @Override
    public <S extends Session> CompletionStage<OutboundConnection<S>> connect(
        OutboundTarget target, OutboundOptions options, ClientSessionFactory<S> factory) {
      Objects.requireNonNull(target);
      Objects.requireNonNull(options);
      ClassLoader caller = Thread.currentThread().getContextClassLoader();
      return OutboundConnections.this.connect(
          loops.get(), target, options, List.of(ClientSide.of(factory, caller)));
    }

    @Override
    public void showPools(Supplier<List<OutboundPool>> pools) {
      targets.show(pools);
    }

    @Override
    public CompletionStage<OutboundConnection<? extends Session>> connect(
        OutboundTarget target, OutboundOptions options, List<String> names) {
      Objects.requireNonNull(target);
      Objects.requireNonNull(options);
      if (names.isEmpty()) {
        throw new IllegalArgumentException("no protocol to connect by");
      }
      try {
        List<Protocol> wanted = names.stream().map(protocols::find).toList();
        return upcast(
            OutboundConnections.this.<Session>connect(loops.get(), target, options, wanted));
      } catch (OutboundException notSupported) {
        endpoint.metrics().error(OutboundFailure.counter(notSupported.kind()));
        return CompletableFuture.failedFuture(
            new OutboundException(
                notSupported.kind(), target + ": " + notSupported.getMessage(), notSupported));
      }
    }
  }

  /** A stage only ever gives, so that a stage of more is one of less. */
  @SuppressWarnings("unchecked")
  private static CompletionStage<OutboundConnection<? extends Session>> upcast(
      CompletableFuture<? extends OutboundConnection<? extends Session>> stage) {
    return (CompletionStage<OutboundConnection<? extends Session>>) (CompletionStage<?>) stage;
  }
}
