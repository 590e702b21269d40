// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.Execution;
import dev.sluice.api.outbound.OutboundConnector;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What all interfaces of a node share: event loops, worker threads, budgets, connection ids. Any
 * thread.
 */
public final class EpollTransport {

  /** The most connections that {@link #connections} shows at once. */
  public static final int LARGEST_PAGE = 1000;

  private final TransportOptions options;
  private final LoopGroup loops;
  private final IdentityHashMap<EventLoop, LoopSweep> sweeps = new IdentityHashMap<>();
  private final WorkerPool workers;
  private final InboundBudget inboundBudget;
  private final OutboundBudget outboundBudget;
  private final PassLimitedAllocator passLimitedAllocator;
  private final CloseRecords closeRecords;
  private final AtomicLong ids = new AtomicLong();
  private final ConcurrentHashMap<Long, Connection> connections = new ConcurrentHashMap<>();

  // Set once, before the first connection; read by sessions on any thread.
  private volatile @Nullable OutboundConnections outbound;

  /**
   * Starts the event loops.
   *
   * @param options the node's
   * @throws IllegalStateException if epoll can't be used here
   */
  public EpollTransport(TransportOptions options) {
    if (!Epoll.isAvailable()) {
      throw new IllegalStateException(
          "epoll can't be used: " + Epoll.unavailabilityCause(), Epoll.unavailabilityCause());
    }
    this.options = options;
    this.inboundBudget = new InboundBudget(options.inboundQueueLimit());
    this.outboundBudget = new OutboundBudget(options.outboundQueueLimit());
    this.passLimitedAllocator = new PassLimitedAllocator(inboundBudget);
    this.closeRecords = new CloseRecords(options.closeRecords());
    this.workers = new WorkerPool(options.workers());
    this.loops = new LoopGroup(options.eventLoops());
    for (EventExecutor loop : loops) {
      sweeps.put((EventLoop) loop, new LoopSweep((EventLoop) loop, inboundBudget));
    }
  }

  /**
   * Makes the listener of an interface; neither bound nor listening yet.
   *
   * @param interfaceOptions what it serves and where
   * @return a listener to bind
   */
  public OpenSslServer server(InterfaceOptions interfaceOptions) {
    return new OpenSslServer(this, interfaceOptions);
  }

  /**
   * Makes the server of an interface of datagrams; not bound yet.
   *
   * @param interfaceOptions what it serves and where; its {@code tls} is null
   * @param datagrams what is special about datagrams
   * @return a server to bind
   */
  public DatagramServer datagramServer(
      InterfaceOptions interfaceOptions, DatagramOptions datagrams) {
    return new DatagramServer(this, interfaceOptions, datagrams);
  }

  /**
   * Lets sessions and others connect to other hosts. Once, before anything is served.
   *
   * @param settings limits of outbound connections
   * @param protocols finds a protocol by its name
   * @param certificates what may be shown to servers
   * @return to be closed before the transport is stopped
   * @throws IllegalStateException if it was called before
   */
  public OutboundConnections openOutbound(
      OutboundSettings settings, ClientProtocols protocols, ClientCertificates certificates) {
    if (outbound != null) {
      throw new IllegalStateException("open already");
    }
    OutboundConnections opened = new OutboundConnections(this, settings, protocols, certificates);
    outbound = opened;
    return opened;
  }

  /** For a session on a loop. */
  OutboundConnector outboundOf(EventLoop loop) {
    OutboundConnections opened = outbound;
    return opened == null
        ? OutboundConnector.unsupported("this node opens no connections")
        : opened.on(loop);
  }

  /**
   * Sends raw protocol bytes through a session, in its order.
   *
   * @param id the connection
   * @param terminate whether the session is asked to end behind the bytes
   * @param data ownership passes to this method in every case
   * @return {@code false}: there is no such connection, or it has no session
   */
  public boolean reply(ConnId id, boolean terminate, ByteBuf data) {
    Connection connection = connections.get(id.value());
    if (connection == null) {
      data.release();
      return false;
    }
    return connection.calls().reply(data, terminate);
  }

  /**
   * A page of the connections that there are, by ascending id. It shows those that live while it is
   * made, at some moment each; from page to page none is shown twice, and none that lives
   * throughout is left out. Looks at every connection once and locks nothing.
   *
   * @param filter which of them
   * @param after only ids above this one; {@link Long#MIN_VALUE} for the first page, then the last
   *     id of the page before
   * @param limit how many at the most; 1 to {@link #LARGEST_PAGE}
   * @return at most so many; fewer where there are no more
   * @throws IllegalArgumentException if the limit is out of bounds
   */
  public List<ConnectionView> connections(ConnectionFilter filter, long after, int limit) {
    return ConnectionPage.of(connections.values(), filter, after, checked(limit));
  }

  /**
   * The connections that were accepted or opened last, the newest first. Looks at every connection
   * once and locks nothing.
   *
   * @param filter which of them
   * @param limit how many at the most; 1 to {@link #LARGEST_PAGE}
   * @return at most so many; fewer where there are no more
   * @throws IllegalArgumentException if the limit is out of bounds
   */
  public List<ConnectionView> newestConnections(ConnectionFilter filter, int limit) {
    return ConnectionPage.newest(connections.values(), filter, checked(limit));
  }

  private static int checked(int limit) {
    if (limit < 1 || limit > LARGEST_PAGE) {
      throw new IllegalArgumentException("a page of " + limit);
    }
    return limit;
  }

  /**
   * How many connections there are, also those whose session has not heard of its end yet.
   *
   * @return on all interfaces
   */
  public int connectionCount() {
    return connections.size();
  }

  /**
   * Closes a connection in order, by the operator: what its session has written still goes out,
   * what arrives is dropped. Where a close is under way already it goes on, and its reason stands.
   *
   * @param id the connection
   * @param reason for the session and the records, such as {@link CloseReason#CLOSED_BY_OPERATOR}
   * @return {@code false}: there is no such connection
   */
  public boolean close(ConnId id, CloseReason reason) {
    Connection connection = connections.get(id.value());
    if (connection == null || connection.gone()) {
      return false;
    }
    connection.writer().close(Ending.byOperator(reason));
    return true;
  }

  /**
   * Why connections were closed or refused.
   *
   * @return the same always
   */
  public CloseRecords closeRecords() {
    return closeRecords;
  }

  /**
   * How the event loops do.
   *
   * @return one for each, in the same order always
   */
  public List<LoopFigures> loops() {
    List<LoopFigures> figures = new ArrayList<>();
    for (EventExecutor loop : loops) {
      figures.add(sweepOf((EventLoop) loop).figures());
    }
    return figures;
  }

  /**
   * Ends the threads. Every listener is closed and every connection has ended before.
   *
   * @param timeout how long workers that are still at it are waited for
   * @return the workers that did not end, each with its stack; they are daemons
   */
  public List<String> stop(Duration timeout) {
    List<String> stuck = workers.stop(timeout.toNanos());
    loops
        .shutdownGracefully(0, 2, TimeUnit.SECONDS)
        .awaitUninterruptibly(Math.max(2000, timeout.toMillis()));
    return stuck;
  }

  /**
   * The threads for work that may block.
   *
   * @param execution {@link Execution#WORKERS} or {@link Execution#VIRTUAL_THREADS}
   * @return refuses tasks once the transport has stopped
   * @throws IllegalArgumentException for {@link Execution#EVENT_LOOP}
   */
  public Executor executor(Execution execution) {
    if (execution == Execution.EVENT_LOOP) {
      throw new IllegalArgumentException("event loops belong to connections");
    }
    return workers.executor(execution);
  }

  /**
   * Input that waits for sessions.
   *
   * @return bytes, on all interfaces
   */
  public long inboundQueued() {
    return inboundBudget.used();
  }

  /**
   * Output that waits for the kernel, right to some kilobytes a connection.
   *
   * @return bytes, on all interfaces
   */
  public long outboundQueued() {
    return outboundBudget.used();
  }

  /**
   * What the transport was made with.
   *
   * @return its options
   */
  public TransportOptions options() {
    return options;
  }

  ConnId nextInboundId() {
    return ConnId.of(ids.incrementAndGet());
  }

  /** Out of the same numbers as inbound ones, so that none has the other's with another sign. */
  ConnId nextOutboundId() {
    return ConnId.of(-ids.incrementAndGet());
  }

  List<EventLoop> allLoops() {
    List<EventLoop> all = new ArrayList<>();
    loops.forEach(loop -> all.add((EventLoop) loop));
    return all;
  }

  EventLoop nextLoop() {
    return loops.next();
  }

  LoopSweep sweepOf(EventLoop loop) {
    @Nullable LoopSweep sweep = sweeps.get(loop);
    if (sweep == null) {
      throw new IllegalArgumentException("not a loop of this node");
    }
    return sweep;
  }

  Map<Long, Connection> connections() {
    return connections;
  }

  WorkerPool workers() {
    return workers;
  }

  InboundBudget inboundBudget() {
    return inboundBudget;
  }

  OutboundBudget outboundBudget() {
    return outboundBudget;
  }

  PassLimitedAllocator passLimitedAllocator() {
    return passLimitedAllocator;
  }

  long requestTimeoutNanos() {
    return options.requestTimeout().toNanos();
  }
}
