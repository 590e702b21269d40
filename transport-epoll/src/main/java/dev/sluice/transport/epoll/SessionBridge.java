// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Session;
import dev.sluice.api.TlsInfo;
import dev.sluice.transport.epoll.InterfaceOptions.ConnectionLimits;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins the connections of one interface to the sessions of its protocols, and answers for all of
 * them together. Every method may be called from any thread.
 *
 * <p>Outbound connections have options of their own each, and so each has a bridge, which shares
 * everything but the options with the bridge of them all: see {@link #forOne}.
 */
public final class SessionBridge {

  private static final Logger log = LoggerFactory.getLogger(SessionBridge.class);

  /** What the connection is called among its channel's handlers, of which it is the last. */
  static final String SESSION = "session";

  private final EpollTransport transport;
  private final InterfaceOptions options;
  private final InboundAdmission admission;
  private final InterfaceMetrics metrics;
  private final RefusalRecorder refusals;

  /** Connections whose session has not heard of its end yet. */
  private final AtomicInteger unfinished;

  /** The bridge of all of them: this one, but for that of a single outbound connection. */
  private final SessionBridge whole;

  /** Whoever has opened a single connection; null where they are accepted. */
  private final @Nullable Opener opener;

  /** Hears of the connection that it has asked for. */
  interface Opener {

    /** In the session's order: there is a session now, which has not been called yet. */
    void sessionMade(Session session);

    /** The session, if there was one, has heard of the end. */
    void ended(Ending ending);
  }

  // Set by the node's stop, read by sessions that are made later and by whoever asks for the grace.
  private volatile @Nullable Drain drain;

  // System.nanoTime() when the last connection had ended; right while there is none.
  private volatile long emptySince = System.nanoTime();

  SessionBridge(EpollTransport transport, InterfaceOptions options) {
    this.transport = transport;
    this.options = options;
    this.admission = new InboundAdmission(options.softCap(), options.hardCap());
    this.metrics = new InterfaceMetrics(admission);
    this.refusals = new RefusalRecorder(transport.closeRecords(), options);
    this.unfinished = new AtomicInteger();
    this.whole = this;
    this.opener = null;
  }

  private SessionBridge(SessionBridge whole, InterfaceOptions own, Opener opener) {
    this.transport = whole.transport;
    this.options = own;
    this.admission = whole.admission;
    this.metrics = whole.metrics;
    this.refusals = whole.refusals;
    this.unfinished = whole.unfinished;
    this.whole = whole;
    this.opener = opener;
  }

  /** The bridge of one connection, which counts and drains with the others of this one. */
  SessionBridge forOne(InterfaceOptions own, Opener asking) {
    return new SessionBridge(this, own, asking);
  }

  /** Whether the node has opened the connection. */
  boolean outbound() {
    return opener != null;
  }

  /** In the session's order, before any other call into it. */
  void sessionMade(Session session) {
    if (opener != null) {
      opener.sessionMade(session);
    }
  }

  /** On the listener's loop: admits the channel and hands it to a loop of its own, or closes it. */
  void accept(Channel channel) {
    InboundAdmission.@Nullable Place place = admit(channel.remoteAddress());
    if (place == null) {
      channel.unsafe().closeForcibly();
      return;
    }
    EventLoop loop = transport.nextLoop();
    StreamConnection connection =
        new StreamConnection(this, transport.nextInboundId(), channel, loop, place);
    begun();
    try {
      configure(channel);
      addHandlers(channel.pipeline(), connection);
    } catch (RuntimeException e) {
      abandon(connection, e);
      return;
    }
    channel.closeFuture().addListener(closed -> connection.channelClosed());
    // From here on others may close it, also before it is registered.
    open(connection);
    Drain begun = drain;
    if (begun != null) {
      // It may have begun beside this, and not have found it.
      connection.calls().drain(begun.idleGrace());
    }
    loop.register(channel)
        .addListener(
            registered -> {
              if (registered.isSuccess()) {
                sweepOf(loop).add(connection);
              } else {
                abandon(connection, registered.cause());
              }
            });
  }

  /** On one loop: takes a place under the caps for one more, and counts; null: there is none. */
  InboundAdmission.@Nullable Place admit(@Nullable SocketAddress remote) {
    InboundAdmission.@Nullable Place place = admission.admit();
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

  /** Any thread: takes a place for a connection to be opened, and counts; null: there is none. */
  InboundAdmission.@Nullable Place reserve() {
    InboundAdmission.@Nullable Place place = admission.admit();
    if (place == null) {
      metrics.refused.increment();
    } else {
      metrics.accepted.increment();
    }
    return place;
  }

  /** There is one more, which must end by {@link #ended}. */
  void begun() {
    unfinished.incrementAndGet();
  }

  /** It can be found by its id, until it has ended. */
  void open(Connection connection) {
    transport.connections().put(connection.id().value(), connection);
  }

  /** It could not be set up or registered: no event will tell of its end. */
  private void abandon(StreamConnection connection, @Nullable Throwable cause) {
    String detail = Ending.describe("not registered", cause);
    if (connection.requestClose(Ending.of(CloseReason.INTERNAL_ERROR, detail))) {
      metrics.error(InterfaceMetrics.Errors.REGISTER);
      debug(connection, "not registered", cause);
    }
    connection.channel().unsafe().closeForcibly();
    connection.channelClosed();
  }

  /**
   * On the loop: takes over a channel that this node has connected, with its place.
   *
   * @param handlers adds what goes before {@link #SESSION} in the pipeline
   */
  void connected(
      Channel channel, InboundAdmission.Place place, Consumer<StreamConnection> handlers) {
    EventLoop loop = channel.eventLoop();
    StreamConnection connection =
        new StreamConnection(this, transport.nextOutboundId(), channel, loop, place);
    begun();
    try {
      channel.pipeline().addLast(SESSION, connection);
      handlers.accept(connection);
    } catch (RuntimeException e) {
      abandon(connection, e);
      throw e;
    }
    channel.closeFuture().addListener(closed -> connection.channelClosed());
    open(connection);
    sweepOf(loop).add(connection);
  }

  /** Before the channel is registered. */
  void configure(Channel channel) {
    channel.config().setOption(ChannelOption.TCP_NODELAY, true);
    channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
    channel.config().setAllocator(transport.options().allocator());
    channel.config().setRecvByteBufAllocator(transport.passLimitedAllocator());
    // Under TLS nobody would tell SslHandler of an end of stream without close_notify.
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, options.tls() == null);
  }

  private void addHandlers(ChannelPipeline pipeline, StreamConnection connection) {
    TlsContextRef tls = options.tls();
    if (tls != null) {
      pipeline.addLast("edge", new SocketEdge(connection));
      pipeline.addLast(
          "hello", new ClientHelloInspector(connection, tls, options.protocols().alpn()));
    } else if (options.protocols().only() == null) {
      pipeline.addLast("head", connection.inspectHead());
    }
    pipeline.addLast(SESSION, connection);
  }

  /** TLS has begun. */
  void handshaken(StreamConnection connection, TlsInfo tls) {
    metrics.handshake(tls);
    if (log.isDebugEnabled()) {
      log.debug(
          "{}: connection {}: {} {} {} with certificate {}",
          options.name(),
          connection.id(),
          tls.version(),
          tls.cipherSuite(),
          tls.group().orElse("-"),
          connection.certificate());
    }
  }

  /** The session of a connection has heard of its end. */
  void ended(Connection connection, Ending ending) {
    metrics.closed(ending.reason());
    transport.connections().remove(connection.id().value());
    record(connection, ending);
    if (opener != null) {
      opener.ended(ending);
    }
    if (unfinished.decrementAndGet() == 0) {
      whole.emptySince = System.nanoTime();
      synchronized (unfinished) {
        unfinished.notifyAll();
      }
    }
  }

  private void record(Connection connection, Ending ending) {
    CloseRecords records = transport.closeRecords();
    ConnectionClosedEvent event = new ConnectionClosedEvent();
    boolean commit = event.shouldCommit();
    boolean debug = log.isDebugEnabled();
    if (records.capacity() == 0 && !commit && !debug) {
      return;
    }
    CloseRecord record = ConnectionReport.closed(connection, ending, records.next());
    records.put(record);
    if (commit) {
      event.fill(record);
      event.commit();
    }
    if (debug) {
      log.debug("{}", record);
    }
  }

  /** What a client alone can cause is not for the log of a node that works. */
  void debug(Connection connection, String what, @Nullable Throwable cause) {
    if (log.isDebugEnabled()) {
      log.debug("{}: connection {}: {}", options.name(), connection.id(), what, cause);
    }
  }

  /**
   * Asks every connection of the interface to finish what is in hand and close. One without a
   * session is closed when the grace is over, unless it has brought a request by then.
   *
   * @param deadline how long the sessions have
   * @param idleGrace how long one with nothing in hand stays open, for what is under way to it; at
   *     most half of the deadline counts
   */
  public void drain(Duration deadline, Duration idleGrace) {
    // What the grace lets in needs time too.
    Duration most = deadline.dividedBy(2);
    Duration grace = idleGrace.compareTo(most) < 0 ? idleGrace : most;
    drain = new Drain(System.nanoTime() + deadline.toNanos(), grace);
    forEach(
        connection -> {
          connection.writer().cause().askedToEnd("asked to end by a drain");
          connection.calls().drain(grace);
        });
  }

  /** What is left of a drain's time; null while there is none. */
  @Nullable Duration drainLeft() {
    Drain begun = whole.drain;
    return begun == null
        ? null
        : Duration.ofNanos(Math.max(0, begun.deadline() - System.nanoTime()));
  }

  /** How long a session with nothing in hand stays open once a drain has begun. */
  Duration drainIdleGrace() {
    Drain begun = whole.drain;
    return begun == null ? Duration.ZERO : begun.idleGrace();
  }

  /** A drain that has begun; its deadline by {@link System#nanoTime}. */
  private record Drain(long deadline, Duration idleGrace) {}

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
        connection -> {
          if (!connection.gone()) {
            count.incrementAndGet();
            connection.writer().abort(ending);
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
    long deadline = System.nanoTime() + timeout.toNanos();
    synchronized (unfinished) {
      while (unfinished.get() > 0) {
        long left = (deadline - System.nanoTime()) / 1_000_000;
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
   * When the interface was without a connection.
   *
   * @return by {@link System#nanoTime}; of no meaning while {@link #unfinished} is not 0
   */
  public long emptySince() {
    return emptySince;
  }

  private void forEach(Consumer<Connection> action) {
    for (Connection connection : transport.connections().values()) {
      if (connection.bridge().whole == this) {
        action.accept(connection);
      }
    }
  }

  LoopSweep sweepOf(EventLoop loop) {
    return transport.sweepOf(loop);
  }

  EpollTransport transport() {
    return transport;
  }

  ConnectionLimits limits() {
    return options.limits();
  }

  /**
   * What the interface was made with.
   *
   * @return its options
   */
  public InterfaceOptions options() {
    return options;
  }

  /**
   * What is counted of the interface.
   *
   * @return outlives the bridge
   */
  public InterfaceMetrics metrics() {
    return metrics;
  }
}
