// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import com.google.inject.Module;
import com.google.inject.util.Modules;
import dev.sluice.platform.capture.NodeCaptures;
import dev.sluice.platform.certificate.CertificateStore;
import dev.sluice.session.bridge.Connections;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.transport.epoll.EpollTransport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node that runs, from its plan to its end.
 *
 * <p>{@link #start} belongs to one thread. {@link #stop} and the rest may be called from any thread
 * at any time: two stops are one, and a stop works after half a start.
 */
public final class Node implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Node.class);

  /** The thread that a stop runs on, by call or by signal. */
  public static final String STOP_THREAD = "sluice-stop";

  private final NodePlan plan;
  private final EpollTransport transport;
  private final RpcConnectionManager manager;
  private final NodeCaptures captures;
  private final Providers providers = new Providers();
  private final AtomicBoolean requested = new AtomicBoolean();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile Map<String, InetSocketAddress> addresses = Map.of();
  private volatile boolean ready;

  private Node(NodePlan plan, NodeParts parts) {
    this.plan = plan;
    this.transport = parts.transport();
    this.manager = parts.manager();
    this.captures = CapturePlan.captures(plan, transport.connections());
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
    return start(plan, Modules.EMPTY_MODULE);
  }

  /** With bindings that take the place of the node's own. */
  static Node start(NodePlan plan, Module overriding) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    // Threads that are made here have it for their life, whoever starts the node.
    thread.setContextClassLoader(Node.class.getClassLoader());
    try {
      Node node = assemble(plan, overriding);
      node.begin();
      return node;
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static Node assemble(NodePlan plan, Module overriding) {
    try {
      return new Node(plan, NodeParts.of(plan, overriding));
    } catch (Throwable e) {
      NodeEnd.stage("the plan", plan::close);
      throw new NodeException("can't start: " + NodeException.lineOf(e), e);
    }
  }

  private void begin() {
    boolean complete = false;
    try {
      plan.operator().attach(new OperatedView(this, plan, transport));
      providers.start(plan, transport, manager.outbound().connector());
      addresses = Collections.unmodifiableMap(new LinkedHashMap<>(manager.bind()));
      listen(plan.config().rpcAddressesFile());
      ready = true;
      addresses.forEach(this::announce);
      plan.certificates().start(manager::listenWhereAvailable);
      complete = true;
    } catch (IOException e) {
      throw new NodeException(NodeException.lineOf(e), e);
    } finally {
      if (!complete) {
        // Nobody was served who would be waited for.
        ready = false;
        stop();
      }
    }
  }

  private void announce(String name, InetSocketAddress address) {
    log.info(
        manager.listens(name) ? "{} listens on {}" : "{} has {} and waits for its certificate",
        name,
        AddressText.of(address));
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
      new NodeEnd(plan, transport, manager, captures, providers).run(served);
    } finally {
      stopped.countDown();
    }
  }

  /** {@link #stop}. */
  @Override
  public void close() {
    stop();
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
  public Map<String, EndpointMetrics> metrics() {
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
   * The node's connections: which there are, why others were closed, and what is kept of all.
   *
   * @return stays good after the end
   */
  public Connections connections() {
    return transport.connections();
  }

  /**
   * Sessions that are recorded, and the way to record some.
   *
   * @return none are, unless somebody asks for it; closed with the node
   */
  public NodeCaptures captures() {
    return captures;
  }

  /**
   * The way to the node's connections, and out.
   *
   * @return its manager
   */
  public RpcConnectionManager manager() {
    return manager;
  }
}
