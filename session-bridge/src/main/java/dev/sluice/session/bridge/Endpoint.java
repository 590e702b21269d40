// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.CloseReason;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of one interface, or those that the node opens, as a whole: their places under
 * the caps, their figures, their drain. Every method may be called from any thread.
 */
public final class Endpoint {

  private static final Logger log = LoggerFactory.getLogger(Endpoint.class);

  private final Connections connections;
  private final EndpointOptions options;
  private final Admission admission;
  private final EndpointMetrics metrics;
  private final FirstFailures failures = new FirstFailures();
  private final RefusalRecorder refusals;
  private final AttemptRecorder attempts;

  /** Connections whose session has not heard of its end yet. */
  private final AtomicInteger unfinished = new AtomicInteger();

  // Set by the node's stop, read by sessions that are made later and by whoever asks for the grace.
  private volatile @Nullable Drain drain;

  // When the last connection had ended; right while there is none.
  private volatile long emptySince;

  /** A drain that has begun; its deadline by the loops' ticker. */
  private record Drain(long deadline, Duration idleGrace) {}

  Endpoint(Connections connections, EndpointOptions options) {
    this.connections = connections;
    this.options = options;
    this.admission = new Admission(options.softCap(), options.hardCap());
    this.metrics = new EndpointMetrics(admission);
    this.refusals = new RefusalRecorder(connections, options);
    this.attempts = new AttemptRecorder(connections, options);
    this.emptySince = connections.now();
  }

  // ---- for transports: new connections

  /**
   * Takes a place under the caps for a connection that is to be accepted, and counts. On one loop.
   *
   * @param remote the peer's address, for the record of a refusal
   * @return null: there is none; the refusal is counted and recorded
   */
  public Admission.@Nullable Place admit(@Nullable SocketAddress remote) {
    Admission.@Nullable Place place = admission.admit();
    if (place == null) {
      metrics.refused.increment();
      metrics.closed(CloseReason.HARD_CAP);
      refusals.refused(remote, Ending.HARD_CAP);
      return null;
    }
    metrics.accepted.increment();
    if (place.capped()) {
      metrics.capped.increment();
    }
    return place;
  }

  /**
   * Takes a place for a connection to be opened, and counts.
   *
   * @return null: there is none; the refusal is counted
   */
  public Admission.@Nullable Place reserve() {
    Admission.@Nullable Place place = admission.admit();
    if (place == null) {
      metrics.refused.increment();
    } else {
      metrics.accepted.increment();
    }
    return place;
  }

  /**
   * Records that a connection could not be opened, where nothing else will tell of it.
   *
   * @param to whom it was to go to
   * @param protocol what was to be spoken
   * @param ending why
   * @param age how long it was tried for
   */
  public void notOpened(String to, String protocol, Ending ending, Duration age) {
    attempts.failed(to, protocol, ending, age);
  }

  /**
   * A stream that was accepted.
   *
   * @param place given back when its session has ended
   * @param loop where all of its events will come from
   * @param allocator for what its session writes
   * @param wire its effects
   * @return to be begun
   */
  public StreamBridge accepted(
      Admission.Place place, EventExecutor loop, ByteBufAllocator allocator, StreamWire wire) {
    return new StreamBridge(
        this, options, null, connections.nextInboundId(), loop, allocator, place, wire);
  }

  /**
   * A stream that the node has opened.
   *
   * @param own what it is served by, and its limits
   * @param opener hears of its session
   * @param place given back when its session has ended
   * @param loop where all of its events will come from
   * @param allocator for what its session writes
   * @param wire its effects
   * @return to be begun
   */
  public StreamBridge opened(
      EndpointOptions own,
      ConnectionOpener opener,
      Admission.Place place,
      EventExecutor loop,
      ByteBufAllocator allocator,
      StreamWire wire) {
    return new StreamBridge(
        this, own, opener, connections.nextOutboundId(), loop, allocator, place, wire);
  }

  /**
   * The peer of a datagram interface.
   *
   * @param place given back when its session has ended
   * @param output of the socket that it has written to
   * @param remote its address
   * @return to be begun
   */
  public DatagramBridge peer(
      Admission.Place place, DatagramOutput output, InetSocketAddress remote) {
    return new DatagramBridge(this, connections.nextInboundId(), place, output, remote);
  }

  /** There is one more, which must end by {@link #ended}. */
  void begun(SessionBridge bridge) {
    unfinished.incrementAndGet();
    connections.byId().put(bridge.id().value(), bridge);
    Drain begun = drain;
    if (begun != null) {
      // It may have begun beside this, and not have found it.
      bridge.drain(begun.idleGrace());
    }
  }

  /** The session of a connection has heard of its end. Does not throw. */
  void ended(
      SessionBridge bridge,
      Ending ending,
      @Nullable ConnectionOpener opener,
      Admission.Place place) {
    try {
      metrics.closed(ending.reason());
      connections.byId().remove(bridge.id().value());
      place.release();
      record(bridge, ending);
    } catch (Throwable thrown) {
      failedAtEnd(bridge, thrown);
    }
    try {
      if (opener != null) {
        opener.ended(ending);
      }
    } catch (Throwable thrown) {
      failedAtEnd(bridge, thrown);
    } finally {
      finished();
    }
  }

  private void failedAtEnd(SessionBridge bridge, Throwable thrown) {
    metrics.error(EndpointMetrics.Errors.INTERNAL);
    debug(bridge, "telling of an end", thrown);
  }

  private void finished() {
    if (unfinished.decrementAndGet() == 0) {
      emptySince = connections.now();
      synchronized (unfinished) {
        unfinished.notifyAll();
      }
    }
  }

  private void record(SessionBridge bridge, Ending ending) {
    CloseRecords records = connections.closeRecords();
    ConnectionClosedEvent event = new ConnectionClosedEvent();
    boolean commit = event.shouldCommit();
    boolean debug = log.isDebugEnabled();
    if (records.capacity() == 0 && !commit && !debug) {
      return;
    }
    CloseRecord record = ConnectionReport.closed(bridge, ending, records.next());
    records.put(record);
    if (commit) {
      event.fill(record);
      event.commit();
    }
    if (debug) {
      log.debug("{}", record);
    }
  }

  /** Does not throw, so that whoever tells of something can go on with it. */
  void debug(SessionBridge bridge, String what, @Nullable Throwable cause) {
    try {
      if (log.isDebugEnabled()) {
        log.debug("{}: connection {}: {}", options.name(), bridge.id(), what, cause);
      }
    } catch (Throwable failedItself) {
      // A protocol's exception may do anything when it is asked for its words, a log at any time.
      metrics.error(EndpointMetrics.Errors.INTERNAL);
    }
  }

  /** Tells the operator of the first failure of each kind; does not throw. */
  void sessionFailed(SessionBridge bridge, String kind, Throwable thrown) {
    String protocol = bridge.calls().protocolName();
    if (!failures.isFirst(protocol, kind, thrown)) {
      debug(bridge, kind, thrown);
      return;
    }
    try {
      log.warn(
          "{}: a session of {} has failed ({}) and its connection {} is closed; more of this kind"
              + " are counted and not told",
          options.name(),
          protocol,
          kind,
          bridge.id(),
          thrown);
    } catch (Throwable failedItself) {
      metrics.error(EndpointMetrics.Errors.INTERNAL);
    }
  }

  // ---- drain and end

  /**
   * Asks every connection to finish what is in hand and close. One without a session is closed when
   * the grace is over, unless it has brought a request by then.
   *
   * @param deadline how long the sessions have
   * @param idleGrace how long one with nothing in hand stays open, for what is under way to it; at
   *     most half of the deadline counts
   */
  public void drain(Duration deadline, Duration idleGrace) {
    // What the grace lets in needs time too.
    Duration most = deadline.dividedBy(2);
    Duration grace = idleGrace.compareTo(most) < 0 ? idleGrace : most;
    drain = new Drain(connections.now() + deadline.toNanos(), grace);
    forEach(
        bridge -> {
          bridge.cause().askedToEnd("asked to end by a drain");
          bridge.drain(grace);
        });
  }

  /** What is left of a drain's time; null while there is none. */
  @Nullable Duration drainLeft() {
    Drain begun = drain;
    return begun == null
        ? null
        : Duration.ofNanos(Math.max(0, begun.deadline() - connections.now()));
  }

  /** How long a session with nothing in hand stays open once a drain has begun. */
  Duration drainIdleGrace() {
    Drain begun = drain;
    return begun == null ? Duration.ZERO : begun.idleGrace();
  }

  /**
   * Closes what is open without waiting for anybody.
   *
   * @param reason for the records
   * @return how many connections there were
   */
  public int abortAll(CloseReason reason) {
    Ending ending =
        reason.equals(CloseReason.DRAIN_DEADLINE) ? Ending.DRAIN_DEADLINE : Ending.of(reason);
    AtomicInteger count = new AtomicInteger();
    forEach(
        bridge -> {
          if (!bridge.gone()) {
            count.incrementAndGet();
            bridge.abort(ending);
          }
        });
    return count.get();
  }

  /**
   * Waits until every connection has ended and its session has been told.
   *
   * @param timeout how long
   * @return whether that came to pass
   * @throws InterruptedException if the waiting thread was interrupted
   */
  public boolean awaitNone(Duration timeout) throws InterruptedException {
    long deadline = connections.now() + timeout.toNanos();
    synchronized (unfinished) {
      while (unfinished.get() > 0) {
        long left = (deadline - connections.now()) / 1_000_000;
        if (left <= 0) {
          return false;
        }
        unfinished.wait(Math.max(1, left));
      }
    }
    return true;
  }

  /**
   * How many connections there are whose session has not heard of its end.
   *
   * @return 0 once everything has ended
   */
  public int unfinished() {
    return unfinished.get();
  }

  /**
   * When the endpoint was without a connection.
   *
   * @return by the loops' ticker; of no meaning while {@link #unfinished} is not 0
   */
  public long emptySince() {
    return emptySince;
  }

  private void forEach(Consumer<SessionBridge> action) {
    for (SessionBridge bridge : connections.all()) {
      if (bridge.endpoint() == this) {
        action.accept(bridge);
      }
    }
  }

  // ---- getters

  /**
   * All connections of the node.
   *
   * @return the same always
   */
  public Connections connections() {
    return connections;
  }

  /**
   * What it was made with.
   *
   * @return its options
   */
  public EndpointOptions options() {
    return options;
  }

  /**
   * What is counted.
   *
   * @return outlives the endpoint
   */
  public EndpointMetrics metrics() {
    return metrics;
  }

  Admission admission() {
    return admission;
  }
}
