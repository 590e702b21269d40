// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Stage;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.NodeContext;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.rpc.RpcService;
import dev.sluice.platform.certificate.CertificateStore;
import dev.sluice.platform.config.Endorsement;
import dev.sluice.platform.operator.OperatedInterface;
import dev.sluice.platform.operator.OperatedNode;
import dev.sluice.platform.plugin.LoadReport;
import dev.sluice.platform.plugin.LoadedProtocol;
import dev.sluice.transport.epoll.EpollTransport;
import dev.sluice.transport.epoll.InterfaceMetrics;
import dev.sluice.transport.epoll.OutboundConnections;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node that runs, from its plan to its end.
 *
 * <p>{@link #start} belongs to one thread. {@link #stop} and the rest may be called from any thread
 * at any time: two stops are one, and a stop works after half a start.
 */
public final class Node {

  private static final Logger log = LoggerFactory.getLogger(Node.class);

  /** How long worker threads are waited for once every session has been told. */
  private static final Duration WORKERS_END = Duration.ofSeconds(2);

  /** How long the operator's own connections may take when all else has ended. */
  private static final Duration OPERATOR_END = Duration.ofSeconds(2);

  /** The thread that a stop runs on, by call or by signal. */
  public static final String STOP_THREAD = "sluice-stop";

  private final NodePlan plan;
  private final EpollTransport transport;
  private final RpcConnectionManager manager;
  private final Deque<Started> started = new ArrayDeque<>();
  private final AtomicBoolean requested = new AtomicBoolean();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile Map<String, InetSocketAddress> addresses = Map.of();
  private volatile boolean ready;

  private Node(NodePlan plan) {
    this.plan = plan;
    Injector injector = Guice.createInjector(Stage.PRODUCTION, new NodeModule(plan));
    this.transport = injector.getInstance(EpollTransport.class);
    this.manager = injector.getInstance(RpcConnectionManager.class);
  }

  /**
   * Starts a node: protocols, then every interface bound, then all of them listen, then the
   * addresses file.
   *
   * @param plan closed at the node's end, also if it can't start
   * @return a node that serves
   * @throws NodeException if it can't; nothing of it is left then
   */
  public static Node start(NodePlan plan) {
    Node node;
    try {
      node = new Node(plan);
    } catch (RuntimeException e) {
      plan.close();
      throw new NodeException("can't start: " + rootMessage(e), e);
    }
    try {
      plan.operator().attach(node.new Operated());
      node.startProviders();
      node.addresses = Collections.unmodifiableMap(new LinkedHashMap<>(node.manager.bind()));
      node.listen(plan.config().rpcAddressesFile());
      node.ready = true;
      node.addresses.forEach(node::announce);
      plan.certificates().start(node.manager::listenWhereAvailable);
      return node;
    } catch (IOException e) {
      node.stop();
      throw new NodeException(rootMessage(e), e);
    } catch (RuntimeException | Error e) {
      node.stop();
      throw e;
    }
  }

  private void announce(String name, InetSocketAddress address) {
    log.info(
        manager.listens(name) ? "{} listens on {}" : "{} has {} and waits for its certificate",
        name,
        AddressText.of(address));
  }

  /** In one line, whatever a plug-in says. */
  private static String rootMessage(Throwable e) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    return message.strip().replaceAll("\\s*\\R\\s*", " ");
  }

  private void listen(Optional<Path> addressesFile) throws IOException {
    if (addressesFile.isEmpty()) {
      manager.listen();
      return;
    }
    Path path = addressesFile.get();
    try (AddressesFile file = prepare(path)) {
      manager.listen();
      file.publish();
    }
  }

  private AddressesFile prepare(Path path) throws IOException {
    try {
      return AddressesFile.prepare(path, addresses);
    } catch (IOException e) {
      throw new IOException("rpc_addresses_file " + path + " can't be written: " + e, e);
    }
  }

  /** Applications first: a protocol may have a connection as soon as it listens. */
  private void startProviders() {
    OutboundConnector outbound = manager.outbound().connector();
    Map<String, RpcService> services = new LinkedHashMap<>();
    plan.interfaces().stream()
        .flatMap(planned -> planned.options().rpc().services().stream())
        .forEach(service -> services.put(service.name(), service));
    for (RpcService service : services.values()) {
      Record settings = plan.applicationSettings(service.name()).orElse(null);
      NodeContext context = new Context(transport, outbound, settings);
      start(
          new Started(
              "application " + service.name(), service.classLoader(), service.handler()::stop),
          () -> service.handler().start(context));
    }
    Map<String, LoadedProtocol> used = new LinkedHashMap<>();
    plan.interfaces().stream()
        .flatMap(planned -> planned.protocols().stream())
        .forEach(protocol -> used.put(protocol.name(), protocol));
    plan.clients().forEach(protocol -> used.put(protocol.name(), protocol));
    NodeContext context = new Context(transport, outbound, null);
    for (LoadedProtocol protocol : used.values()) {
      CustomProtocolSubsystem subsystem = protocol.subsystem();
      start(
          new Started("protocol " + protocol, protocol.classLoader(), subsystem::stop),
          () -> subsystem.start(context));
    }
  }

  private void start(Started provider, Start call) {
    started.push(provider);
    try {
      within(provider, call);
    } catch (Throwable e) {
      throw new NodeException(provider.text + " can't start: " + rootMessage(e), e);
    }
  }

  private void stopProviders() {
    while (!started.isEmpty()) {
      Started provider = started.pop();
      try {
        within(provider, provider.stop::run);
      } catch (Throwable e) {
        // Whatever it is: the threads and the ports must still be given up.
        log.warn("{} failed to stop", provider.text, e);
      }
    }
  }

  private static void within(Started provider, Start call) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(provider.classLoader);
    try {
      call.run();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** A call into a plug-in. */
  private interface Start {
    void run() throws Exception;
  }

  /** A protocol or an application whose start was called. */
  private record Started(String text, @Nullable ClassLoader classLoader, Runnable stop) {}

  /**
   * Ends the node: not ready, {@code drain_delay}, no new connections, sessions asked to end, at
   * {@code drain_timeout} the rest aborted; the operator's interfaces last. Returns when all of it
   * is done; a second call waits for the first. Interrupting the calling thread shortens the
   * waiting, not the ending.
   */
  public void stop() {
    if (!stopping.compareAndSet(false, true)) {
      awaitStopped();
      return;
    }
    try {
      boolean served = ready;
      ready = false;
      manager.listenNoMore();
      manager.drain().begin();
      if (served) {
        pause(plan.config().drainDelay());
      }
      endConnections(served ? plan.config().drainTimeout() : Duration.ZERO);
      stopProviders();
      manager.outbound().close();
      // From here on there is nothing left to shorten: threads that are asked to end do so.
      boolean interrupted = Thread.interrupted();
      List<String> workersLeft = transport.stop(WORKERS_END);
      for (String worker : workersLeft) {
        log.warn("a worker thread does not end: {}", worker);
      }
      plan.close();
      manager.drain().ended(workersLeft);
      if (served) {
        log.info("{}", drainReport().text());
        metrics().forEach((name, metrics) -> log.debug("{} {}", name, metrics.snapshot()));
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    } finally {
      stopped.countDown();
    }
  }

  /** The operator can look on while applications end, and does not hold the stop up. */
  private void endConnections(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    Duration grace = plan.config().drainIdleGrace();
    manager.drain().end(names(planned -> !planned.operator()), patience, grace);
    // One that serves applications beside the operator's has what is left of their time.
    Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    Duration brief = shorter(patience, OPERATOR_END);
    List<String> shared = names(planned -> planned.operator() && !planned.operatorAlone());
    plan.operator().endStreams();
    manager.drain().end(shared, longer(left, brief), grace);
    // Behind those whose requests may have needed them.
    Duration rest = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    manager.drain().end(List.of(OutboundConnections.NAME), rest, Duration.ZERO);
    manager.drain().end(names(PlannedInterface::operatorAlone), brief, Duration.ZERO);
  }

  private List<String> names(Predicate<PlannedInterface> which) {
    return plan.interfaces().stream().filter(which).map(PlannedInterface::name).toList();
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? other : one;
  }

  /**
   * Begins {@link #stop} on a thread of its own and returns at once. A node that {@code sluice run}
   * started ends its process behind it, with status 0. Any thread, also one of the node's; does
   * nothing where a stop has begun already.
   */
  public void requestStop() {
    if (!stopping.get() && requested.compareAndSet(false, true)) {
      Thread thread = new Thread(this::stop, STOP_THREAD);
      thread.setDaemon(false);
      // Not that of the application which asks.
      thread.setContextClassLoader(Node.class.getClassLoader());
      thread.start();
    }
  }

  /**
   * How far the stop has come. Any thread, at any time.
   *
   * @return as of now; after the end, the whole account
   */
  public DrainReport drainReport() {
    return manager.drain().report();
  }

  private static void pause(Duration delay) {
    try {
      // Nothing counts this down: a wait that an interrupt can end.
      new CountDownLatch(1).await(delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until the node has ended, or the calling thread is interrupted. */
  public void awaitStopped() {
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Where the node listens.
   *
   * @return by interface in the order of the configuration, port 0 resolved
   */
  public Map<String, InetSocketAddress> addresses() {
    return addresses;
  }

  /**
   * Whether the node wants new connections.
   *
   * @return {@code false} before the start is complete and from the beginning of a stop
   */
  public boolean ready() {
    return ready;
  }

  /**
   * What is counted.
   *
   * @return by interface; stays good after the end
   */
  public Map<String, InterfaceMetrics> metrics() {
    return manager.metrics();
  }

  /**
   * The node's certificates.
   *
   * @return what is served, what was refused, and the way to replace one; stays good after the end
   */
  public CertificateStore certificates() {
    return plan.certificates();
  }

  /**
   * The node's connections.
   *
   * @return its manager
   */
  public RpcConnectionManager manager() {
    return manager;
  }

  /** What the operator's handler sees. */
  private final class Operated implements OperatedNode {

    private final Instant startedAt = Instant.now();

    @Override
    public boolean ready() {
      return ready;
    }

    @Override
    public Instant startedAt() {
      return startedAt;
    }

    @Override
    public List<OperatedInterface> interfaces() {
      return plan.interfaces().stream().map(this::describe).toList();
    }

    private OperatedInterface describe(PlannedInterface planned) {
      InetSocketAddress address = addresses.get(planned.name());
      return new OperatedInterface(
          planned.name(),
          planned.config().protocol().name().toLowerCase(Locale.ROOT),
          address == null ? planned.config().bindAddress().toString() : AddressText.of(address),
          planned.protocols().stream().map(LoadedProtocol::name).toList(),
          planned.options().rpc().services().stream().map(RpcService::name).toList(),
          certificatesOf(planned),
          planned.config().clientAuthentication().name().toLowerCase(Locale.ROOT),
          manager.listens(planned.name()));
    }

    private List<String> certificatesOf(PlannedInterface planned) {
      Endorsement endorsement = planned.config().endorsement();
      return endorsement.isSecured() ? endorsement.authority() : List.of();
    }

    @Override
    public Map<String, InterfaceMetrics> metrics() {
      return Node.this.metrics();
    }

    @Override
    public InterfaceMetrics outboundMetrics() {
      return manager.outboundMetrics();
    }

    @Override
    public EpollTransport transport() {
      return transport;
    }

    @Override
    public LoadReport loadReport() {
      return plan.loadReport();
    }

    @Override
    public CertificateStore certificates() {
      return Node.this.certificates();
    }

    @Override
    public void requestStop() {
      Node.this.requestStop();
    }

    @Override
    public DrainReport drainReport() {
      return Node.this.drainReport();
    }
  }

  /** What a protocol or an application may use of the node. */
  private record Context(
      EpollTransport transport, OutboundConnector outbound, @Nullable Record settings)
      implements NodeContext {

    @Override
    public <T extends Record> T settings(Class<T> type) {
      if (!type.isInstance(settings)) {
        return NodeContext.super.settings(type);
      }
      return type.cast(settings);
    }

    @Override
    public String nodeVersion() {
      return Version.CURRENT;
    }

    @Override
    public Executor workers() {
      return transport.executor(Execution.WORKERS);
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
