// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.Execution;
import dev.sluice.session.bridge.Connections;
import dev.sluice.session.bridge.DatagramOptions;
import dev.sluice.transport.epoll.loop.LoopFigures;
import dev.sluice.transport.epoll.loop.LoopGroup;
import dev.sluice.transport.epoll.loop.LoopWatch;
import dev.sluice.transport.epoll.loop.LoopWatchdog;
import dev.sluice.transport.epoll.loop.WorkerPool;
import dev.sluice.transport.epoll.outbound.OutboundConnections;
import dev.sluice.transport.epoll.outbound.OutboundSettings;
import dev.sluice.transport.epoll.outbound.ProtocolFinder;
import dev.sluice.transport.epoll.stream.ChannelSettings;
import dev.sluice.transport.epoll.tls.ClientCertificates;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Ticker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What all interfaces of a node share: event loops, worker threads, its connections. Any thread.
 *
 * <p>Interfaces of the operator have a loop of their own, so that whoever blocks the others does
 * not take along what would tell.
 */
public final class EpollTransport {

  private static final Ticker TICKER =
      new Ticker() {
        @Override
        public long initialNanoTime() {
          return 0;
        }

        @Override
        public long nanoTime() {
          return System.nanoTime();
        }

        @Override
        public void sleep(long delay, TimeUnit unit) throws InterruptedException {
          unit.sleep(delay);
        }
      };

  private final TransportOptions options;
  private final LoopGroup loops;
  private final LoopGroup operatorLoop;
  private final WorkerPool workers;
  private final ChannelSettings channels;
  private final Connections connections;
  private final LoopWatchdog watchdog = new LoopWatchdog();

  // Guarded by this; there while there is need for it.
  private @Nullable ChannelSettings operatorChannels;

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
    this.workers = new WorkerPool(options.workers());
    this.loops = new LoopGroup("sluice-loop", options.eventLoops());
    this.operatorLoop = new LoopGroup("sluice-operator-loop", 1);
    List<EventExecutor> all = new ArrayList<>();
    loops.forEach(all::add);
    operatorLoop.forEach(all::add);
    this.connections =
        new Connections(options.bridge(), all, workers::executor, TICKER, InstantSource.system());
    this.channels = new ChannelSettings(loops, options.allocator(), connections.inboundBudget());
    loops.forEach(this::watch);
    watchdog.start();
  }

  private void watch(EventExecutor loop) {
    LoopWatch watch = new LoopWatch((EventLoop) loop, connections, options.sweepPeriod());
    watch.start();
    watchdog.add(watch);
  }

  /**
   * Makes the listener of an interface; neither bound nor listening yet.
   *
   * @param interfaceOptions what it serves and where
   * @return a listener to bind
   */
  public OpenSslServer server(InterfaceOptions interfaceOptions) {
    return new OpenSslServer(this, channels, interfaceOptions);
  }

  /**
   * Makes the listener of an interface that answers while all other loops are blocked; neither
   * bound nor listening yet.
   *
   * @param interfaceOptions what it serves and where: nothing that blocks, and little
   * @return a listener to bind, whose connections share one loop
   */
  public OpenSslServer operatorServer(InterfaceOptions interfaceOptions) {
    return new OpenSslServer(this, operatorChannels(), interfaceOptions);
  }

  private synchronized ChannelSettings operatorChannels() {
    ChannelSettings made = operatorChannels;
    if (made == null) {
      operatorLoop.forEach(this::watch);
      made = new ChannelSettings(operatorLoop, options.allocator(), connections.inboundBudget());
      operatorChannels = made;
    }
    return made;
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
      OutboundSettings settings, ProtocolFinder protocols, ClientCertificates certificates) {
    if (outbound != null) {
      throw new IllegalStateException("open already");
    }
    OutboundConnections opened =
        new OutboundConnections(
            connections, allLoops(), channels, settings, protocols, certificates);
    outbound = opened;
    connections.connectBy(loop -> opened.on((EventLoop) loop));
    return opened;
  }

  /**
   * The connections that there are, whatever carries them, and what they share.
   *
   * @return the same always
   */
  public Connections connections() {
    return connections;
  }

  /**
   * How the event loops do.
   *
   * @return one for each, in the same order always
   */
  public List<LoopFigures> loops() {
    return watchdog.watches().stream().map(LoopWatch::figures).toList();
  }

  /**
   * Ends the threads. Every listener is closed and every connection has ended before.
   *
   * @param timeout how long workers and loops that are still at it are waited for, each
   * @return the threads that did not end, each with its stack; they are daemons
   */
  public List<String> stop(Duration timeout) {
    List<String> stuck = new ArrayList<>(workers.stop(timeout.toNanos()));
    watchdog.stop();
    Future<?> operatorEnd = operatorLoop.shutdownGracefully(0, 2, TimeUnit.SECONDS);
    Future<?> end = loops.shutdownGracefully(0, 2, TimeUnit.SECONDS);
    long millis = Math.max(2000, timeout.toMillis());
    boolean ended = end.awaitUninterruptibly(millis);
    if (!operatorEnd.awaitUninterruptibly(millis) || !ended) {
      for (LoopWatch watch : watchdog.watches()) {
        String where = watch.stuck();
        if (where != null) {
          stuck.add(where);
        }
      }
    }
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
   * What the transport was made with.
   *
   * @return its options
   */
  public TransportOptions options() {
    return options;
  }

  private List<EventLoop> allLoops() {
    List<EventLoop> all = new ArrayList<>();
    loops.forEach(loop -> all.add((EventLoop) loop));
    return all;
  }

  EventLoop nextLoop() {
    return loops.next();
  }

  ChannelSettings channels() {
    return channels;
  }
}
