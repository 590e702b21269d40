// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.Execution;
import dev.sluice.api.outbound.OutboundConnector;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Ticker;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All connections of a node, whatever carries them, and what they share: ids, budgets, records.
 * Every method may be called from any thread.
 */
public final class Connections {

  /** The most connections that a page shows. */
  public static final int LARGEST_PAGE = 1000;

  private final BridgeOptions options;
  private final Function<Execution, Executor> workers;
  private final Ticker ticker;
  private final InstantSource wall;
  private final InboundBudget inboundBudget;
  private final OutboundBudget outboundBudget;
  private final CloseRecords closeRecords;
  private final AtomicLong ids = new AtomicLong();
  private final ConcurrentHashMap<Long, SessionBridge> byId = new ConcurrentHashMap<>();
  // Weak, and under its own lock: an interface that is gone keeps nothing of its protocol alive.
  private final Set<Endpoint> endpoints = Collections.newSetFromMap(new WeakHashMap<>());
  private final IdentityHashMap<EventExecutor, Sweep> sweeps = new IdentityHashMap<>();

  // Set once, before the first connection; read by sessions on any thread.
  private volatile Function<EventExecutor, OutboundConnector> outbound =
      loop -> OutboundConnector.unsupported("this node opens no connections");

  // Null unless somebody wants to hear sessions; set on any thread, read as each session is made.
  private volatile @Nullable SessionTaps taps;

  /**
   * Nothing yet.
   *
   * @param options the node's
   * @param loops all that connections will live on
   * @param workers where sessions run that may block; asked with {@link Execution#WORKERS} and
   *     {@link Execution#VIRTUAL_THREADS}
   * @param ticker the loops'
   * @param wall the time of day, for views and records
   */
  public Connections(
      BridgeOptions options,
      Iterable<? extends EventExecutor> loops,
      Function<Execution, Executor> workers,
      Ticker ticker,
      InstantSource wall) {
    this.options = options;
    this.workers = workers;
    this.ticker = ticker;
    this.wall = wall;
    this.inboundBudget = new InboundBudget(options.inboundQueueLimit());
    this.outboundBudget = new OutboundBudget(options.outboundQueueLimit());
    this.closeRecords = new CloseRecords(options.closeRecords());
    loops.forEach(loop -> sweeps.put(loop, new Sweep(inboundBudget, outboundBudget)));
  }

  /**
   * Lets sessions connect to other hosts. Before the first connection.
   *
   * @param connectors what a session on a loop connects by
   */
  public void connectBy(Function<EventExecutor, OutboundConnector> connectors) {
    outbound = connectors;
  }

  /**
   * Has each session that is made from now on offered to be heard; those that there are stay
   * unheard, or heard.
   *
   * @param chooser asked for each; null: nobody is, which costs nothing
   */
  public void tapBy(@Nullable SessionTaps chooser) {
    taps = chooser;
  }

  @Nullable SessionTaps taps() {
    return taps;
  }

  /**
   * A place where connections are accepted, or opened.
   *
   * @param served what its connections are served by, and their limits
   * @return without a connection
   */
  public Endpoint endpoint(EndpointOptions served) {
    Endpoint endpoint = new Endpoint(this, served);
    synchronized (endpoints) {
      endpoints.add(endpoint);
    }
    return endpoint;
  }

  /**
   * Sends raw protocol bytes through a session, in its order. A stream's session is not called with
   * none of them.
   *
   * @param id the connection
   * @param terminate whether the session is asked to end behind the bytes
   * @param data ownership passes to this method in every case
   * @return {@code false}: there is no such connection, it has no session or is closing, or too
   *     much waits for it
   */
  public boolean reply(ConnId id, boolean terminate, ByteBuf data) {
    SessionBridge bridge = byId.get(id.value());
    if (bridge == null) {
      data.release();
      return false;
    }
    return bridge.calls().replies().send(data, terminate);
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
    SessionBridge bridge = byId.get(id.value());
    if (bridge == null || bridge.gone()) {
      return false;
    }
    bridge.close(Ending.byOperator(reason));
    return true;
  }

  /**
   * A connection that there is.
   *
   * @param id as its session knows it
   * @return empty: it never was, or its session has heard of its end
   */
  public Optional<SessionBridge> find(ConnId id) {
    return Optional.ofNullable(byId.get(id.value()));
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
  public List<ConnectionView> page(ConnectionFilter filter, long after, int limit) {
    return ConnectionPage.of(byId.values(), filter, after, checked(limit));
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
  public List<ConnectionView> newest(ConnectionFilter filter, int limit) {
    return ConnectionPage.newest(byId.values(), filter, checked(limit));
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
   * @return on all endpoints
   */
  public int count() {
    return byId.size();
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
   * Input that waits for sessions, or that they hold.
   *
   * @return the same always
   */
  public InboundBudget inboundBudget() {
    return inboundBudget;
  }

  /**
   * Input that waits for sessions, or that they hold.
   *
   * @return bytes, on all endpoints
   */
  public long inboundQueued() {
    return inboundBudget.used();
  }

  /**
   * Input that sessions have let their peers send, and that has not come.
   *
   * @return bytes, on all endpoints
   */
  public long inboundPromised() {
    return inboundBudget.promised();
  }

  /**
   * Output that waits for the kernel, right to some kilobytes a connection.
   *
   * @return bytes, on all endpoints
   */
  public long outboundQueued() {
    return outboundBudget.used();
  }

  /**
   * What there is at the moment of all that has to be gone once every connection has ended.
   *
   * @return {@link Remains#NOTHING} then
   */
  public Remains remains() {
    int places = 0;
    int unfinished = 0;
    synchronized (endpoints) {
      for (Endpoint endpoint : endpoints) {
        places += endpoint.admission().open();
        unfinished += endpoint.unfinished();
      }
    }
    int swept = 0;
    for (Sweep sweep : sweeps.values()) {
      swept += sweep.size();
    }
    return new Remains(
        byId.size(),
        unfinished,
        swept,
        places,
        inboundBudget.used(),
        inboundBudget.waiting(),
        outboundBudget.used());
  }

  /**
   * What is kept of connections.
   *
   * @param connections that can be found by their id
   * @param unfinished connections whose session has not heard of its end
   * @param swept connections that loops look after
   * @param places taken under caps
   * @param inbound bytes of input that wait or are held
   * @param paused connections that wait for the inbound budget
   * @param outbound bytes of output that wait
   */
  public record Remains(
      int connections,
      int unfinished,
      int swept,
      int places,
      long inbound,
      int paused,
      long outbound) {

    /** As it is without a connection. */
    public static final Remains NOTHING = new Remains(0, 0, 0, 0, 0, 0, 0);
  }

  /**
   * The sweep of a loop, which the transport ticks.
   *
   * @param loop one of those that it was made with
   * @return the same always
   * @throws IllegalArgumentException for another loop
   */
  public Sweep sweepOf(EventExecutor loop) {
    Sweep sweep = sweeps.get(loop);
    if (sweep == null) {
      throw new IllegalArgumentException("not a loop of this node");
    }
    return sweep;
  }

  /**
   * What it was made with.
   *
   * @return the same always
   */
  public BridgeOptions options() {
    return options;
  }

  ConnId nextInboundId() {
    return ConnId.of(ids.incrementAndGet());
  }

  /** Out of the same numbers as inbound ones, so that none has the other's with another sign. */
  ConnId nextOutboundId() {
    return ConnId.of(-ids.incrementAndGet());
  }

  Map<Long, SessionBridge> byId() {
    return byId;
  }

  Collection<SessionBridge> all() {
    return byId.values();
  }

  OutboundBudget outboundBudget() {
    return outboundBudget;
  }

  Executor workers(Execution execution) {
    return workers.apply(execution);
  }

  OutboundConnector outboundOf(EventExecutor loop) {
    return outbound.apply(loop);
  }

  /**
   * The time by which everything here is measured.
   *
   * @return nanoseconds of the loops' ticker
   */
  public long now() {
    return ticker.nanoTime();
  }

  InstantSource wall() {
    return wall;
  }
}
