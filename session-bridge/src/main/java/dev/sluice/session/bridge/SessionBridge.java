// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.Session;
import dev.sluice.api.Transport;
import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.concurrent.EventExecutor;
import java.net.SocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The life of one connection, between the transport that carries its bytes and the session that is
 * made for it. What a stream and the peer of a datagram interface have in common.
 *
 * <p>Transports see three kinds of methods. <b>Events</b> ({@link #begin}, {@link #tick}, and those
 * of the subclasses) tell what has happened, on the loop. <b>Orders</b> ({@link #close(Ending)},
 * {@link #abort(Ending)}) may come from any thread. <b>Getters</b> answer any thread; elsewhere
 * than on the loop what they say may be a little old.
 *
 * <p>What a session asks for takes effect at once on the loop, unless operations of other threads
 * wait in the {@link Handoff}, which then go first; from elsewhere it goes through the hand-off.
 */
public abstract sealed class SessionBridge extends CallsOwner permits StreamBridge, DatagramBridge {

  private final Endpoint endpoint;
  private final EndpointOptions options;
  private final @Nullable ConnectionOpener opener;
  private final ConnId id;
  private final EventExecutor loop;
  private final ByteBufAllocator allocator;
  private final Admission.Place place;
  private final ConnectionStory story;

  // Once somebody has asked for a close, input is dropped and writes are refused.
  private final CloseCause cause = new CloseCause();

  private final HeldInput held;
  private final Handoff handoff;
  private final SessionCalls calls;
  private final ConnectionWriter writer;

  // Made by whoever asks first, on any thread: most connections schedule and declare nothing.
  private volatile @Nullable Timers timers;
  private volatile @Nullable DeclaredShares declared;

  // Null unless somebody hears the session. Set in its order before it is made: whoever writes has
  // the writer from there.
  private @Nullable Tapping tapping;

  // Loop only.
  private boolean ended;

  SessionBridge(
      Endpoint endpoint,
      EndpointOptions options,
      @Nullable ConnectionOpener opener,
      ConnId id,
      EventExecutor loop,
      ByteBufAllocator allocator,
      Admission.Place place) {
    this.endpoint = endpoint;
    this.options = options;
    this.opener = opener;
    this.id = id;
    this.loop = loop;
    this.allocator = allocator;
    this.place = place;
    Connections connections = endpoint.connections();
    this.story = new ConnectionStory(connections);
    this.held = new HeldInput(connections.inboundBudget());
    this.handoff = new Handoff(loop, this);
    this.calls = new SessionCalls(this, cause);
    this.writer = new ConnectionWriter(this);
  }

  // ---- events

  /**
   * The connection is set up: from here on it can be found by its id, counts among the unfinished
   * and hears of a drain. The thread that made it, once, before any other event. It has to end by
   * its transport's word, also where it never came to be registered.
   */
  public final void begin() {
    endpoint.begun(this);
  }

  /**
   * The time goes on: deadlines and figures. On the loop, several times a second.
   *
   * @param now by the loop's ticker
   */
  final void tick(long now) {
    if (endpoint.drainLeft() != null) {
      calls.drained().look(now);
    }
    look(now);
  }

  /** On the loop: for how long a peer has let output wait; 0 where nothing waits for one. */
  long outputStandsFor(long now) {
    return 0;
  }

  /** Whether it is not read from for want of room on the node. */
  boolean heldByNode() {
    return false;
  }

  /** What of it waits. */
  long outputQueued() {
    return 0;
  }

  /** What a tick means beyond the drain's grace. */
  abstract void look(long now);

  /** On the loop: whether bytes have come that will make a session once its protocol is chosen. */
  abstract boolean choosing();

  /** On the loop: nothing carries the bytes any more, writers are refused. False: it was so. */
  final boolean markGone() {
    if (gone()) {
      return false;
    }
    story.gone();
    return true;
  }

  /** On the loop, behind the last word of the transport: the session hears its end. */
  final void end() {
    if (!ended) {
      ended = true;
      calls.end(
          ending -> {
            timers().end();
            held.release();
            declaredShares().release();
            endpoint.ended(this, ending, opener, place);
          });
    }
  }

  // ---- orders

  /**
   * Closes in order: what was written goes out, what arrives is dropped. Where a close is under way
   * already that goes on, and its reason stands. Any thread.
   *
   * @param wanted why
   */
  public final void close(Ending wanted) {
    if (cause.request(wanted)) {
      onLoop(this::beginClose);
    }
  }

  /**
   * Closes at once and throws away what is queued. Any thread.
   *
   * @param wanted why, unless a close is under way already
   */
  public final void abort(Ending wanted) {
    if (!gone()) {
      cause.force(wanted);
      onLoop(this::endNow);
    }
  }

  /** On the loop, after a close was asked for. */
  abstract void beginClose();

  /** On the loop, after an abort was asked for. */
  abstract void endNow();

  /** Any thread: the node's drain has begun. */
  final void drain(Duration grace) {
    calls.drained().begin(grace);
  }

  // ---- what the session's writer asks for

  /** Any thread: takes the buffer over; false: refused. */
  abstract boolean write(ByteBuf data, @Nullable WriteCompletion completion);

  /** Any thread. */
  boolean refusesWrites() {
    return cause.requested() || gone();
  }

  /** Any thread: little enough waits for the kernel. */
  abstract boolean writable();

  /** Any thread: the peer has ended its sending side. */
  abstract boolean inputEnded();

  /** Any thread: false: not possible here. */
  abstract boolean shutdownOutput();

  /** Any thread: the session wants no input for now, or wants it again. */
  abstract void pause(boolean wanted);

  /** Any thread: the session holds more than before. */
  abstract void heldMore();

  /** The session is sure that its peer is where it seems to be. */
  void peerVerified() {}

  /** In the order of the writes; any thread. */
  final void onLoop(Runnable action) {
    if (loop.inEventLoop()) {
      caughtUp();
      action.run();
    } else {
      push(
          new Handoff.Operation() {
            @Override
            void run() {
              action.run();
            }
          });
    }
  }

  /** On the loop: what other threads have handed over goes first. */
  final void caughtUp() {
    if (handoff.waiting()) {
      handoff.drain();
    }
  }

  /** Not on the loop; false: gone, it will not run. */
  final boolean push(Handoff.Operation operation) {
    return handoff.push(operation);
  }

  /** On the loop: what other threads hand over from now on is refused. */
  final void closeHandoff() {
    handoff.close();
  }

  // ---- for the parts

  /** In the session's order, before any other call into it. */
  final void sessionMade(Session session) {
    if (opener != null) {
      opener.sessionMade(session);
    }
  }

  /** In the session's order, before the session is made. */
  final void offerToTaps(SessionTaps.Opening opening) {
    tapping = Tapping.of(this, opening);
  }

  /** Any thread; null: nobody hears the session. */
  final @Nullable Tapping tapping() {
    return tapping;
  }

  /** Any thread: for who hears the session, if anybody does. */
  final void tell(SessionTap.Event what, long amount) {
    Tapping hears = tapping;
    if (hears != null) {
      hears.event(what, amount);
    }
  }

  @Override
  final void failedWithin(Throwable thrown) {
    endpoint.metrics().error(EndpointMetrics.Errors.INTERNAL);
    abort(Ending.of(CloseReason.INTERNAL_ERROR, Ending.describe("failed", thrown)));
    debug(EndpointMetrics.Errors.INTERNAL, thrown);
  }

  /** Any thread: the session wrote what can't be sent; the rest of its output is lost with it. */
  final void unsendable(Throwable thrown) {
    endpoint.metrics().error(EndpointMetrics.Errors.SESSION);
    abort(Ending.of(CloseReason.PROTOCOL_ERROR, Ending.describe("a write failed", thrown)));
    debug("a write failed", thrown);
  }

  /** Any thread: the session is done with input that was queued at this cost. */
  abstract void inputProcessed(int cost);

  /**
   * Tells the log below INFO: what a client alone can cause is not for that of a node that works.
   * Any thread; does not throw, whatever the log does.
   *
   * @param what has happened
   * @param thrown for its stack; null for none
   */
  public final void debug(String what, @Nullable Throwable thrown) {
    endpoint.debug(this, what, thrown);
  }

  final ConnectionWriter writer() {
    return writer;
  }

  final SessionCalls calls() {
    return calls;
  }

  final CloseCause cause() {
    return cause;
  }

  final Timers timers() {
    Timers made = timers;
    return made != null ? made : makeTimers();
  }

  private synchronized Timers makeTimers() {
    Timers made = timers;
    if (made == null) {
      made = new Timers();
      timers = made;
    }
    return made;
  }

  final HeldInput heldInput() {
    return held;
  }

  final DeclaredShares declaredShares() {
    DeclaredShares made = declared;
    return made != null ? made : makeShares();
  }

  private synchronized DeclaredShares makeShares() {
    DeclaredShares made = declared;
    if (made == null) {
      made = DeclaredShares.of(endpoint.connections(), () -> abort(Ending.NODE_OUTPUT));
      declared = made;
    }
    return made;
  }

  /** Output that the session keeps, in bytes; may be a little old. */
  final long keptBytes() {
    DeclaredShares made = declared;
    return made == null ? 0 : made.kept();
  }

  final ConnectionStory story() {
    return story;
  }

  // ---- getters

  /** The connection's id: positive where it was accepted, negative where the node opened it. */
  public final ConnId id() {
    return id;
  }

  /** Where it counts: shared with the other connections of the interface. */
  public final Endpoint endpoint() {
    return endpoint;
  }

  /**
   * What it is served by and under which limits: the endpoint's, or the connection's own where the
   * node has opened it.
   */
  public final EndpointOptions options() {
    return options;
  }

  /** Where all of its events come from: the same for the connection's whole life. */
  public final EventExecutor loop() {
    return loop;
  }

  /**
   * Whether a close was asked for, by anybody: input is dropped and writes are refused.
   *
   * @return never {@code false} again
   */
  public final boolean closeRequested() {
    return cause.requested();
  }

  /** Why it ended, or will: what stands until now. */
  public final Ending ending() {
    return cause.ending();
  }

  /**
   * Whether nothing carries its bytes any more.
   *
   * @return never {@code false} again
   */
  public final boolean gone() {
    return story.isGone();
  }

  /**
   * Whether the node has opened the connection.
   *
   * @return {@code false}: it was accepted
   */
  public final boolean outbound() {
    return opener != null;
  }

  /**
   * TLS has begun with this.
   *
   * @param version for views and records
   */
  public final void servedWith(CertificateVersion version) {
    story.servedWith(version);
  }

  final boolean capped() {
    return place.capped();
  }

  final ByteBufAllocator allocator() {
    return allocator;
  }

  /** What TLS was begun with: null without TLS, and before. */
  public final @Nullable CertificateVersion certificate() {
    return story.certificate();
  }

  abstract Transport transport();

  abstract @Nullable SocketAddress localAddress();

  abstract @Nullable SocketAddress remoteAddress();

  abstract ConnectionFigures figures();
}
