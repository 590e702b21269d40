// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.ConnId;
import dev.sluice.api.Execution;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
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

  private final TransportOptions options;
  private final LoopGroup loops;
  private final IdentityHashMap<EventLoop, LoopSweep> sweeps = new IdentityHashMap<>();
  private final WorkerPool workers;
  private final InboundBudget inboundBudget;
  private final OutboundBudget outboundBudget;
  private final PassLimitedAllocator passLimitedAllocator;
  private final AtomicLong ids = new AtomicLong();
  private final ConcurrentHashMap<Long, StreamConnection> connections = new ConcurrentHashMap<>();

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
   * Sends raw protocol bytes through a session, in its order.
   *
   * @param id the connection
   * @param terminate whether the session is asked to end behind the bytes
   * @param data ownership passes to this method in every case
   * @return {@code false}: there is no such connection, or it has no session
   */
  public boolean reply(ConnId id, boolean terminate, ByteBuf data) {
    StreamConnection connection = connections.get(id.value());
    if (connection == null) {
      data.release();
      return false;
    }
    return connection.calls().reply(data, terminate);
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

  Map<Long, StreamConnection> connections() {
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
