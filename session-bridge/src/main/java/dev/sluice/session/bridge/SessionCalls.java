// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.CloseReason;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.TlsInfo;
import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes the calls into one connection's session, in the session's order, and answers for what it
 * throws. The session is made by the first call that needs one.
 */
final class SessionCalls {

  private final SessionBridge bridge;
  private final CloseCause cause;
  private final Writability writability;

  // Made by whoever needs them first, on any thread: most connections never do.
  private volatile @Nullable Replies replies;
  private volatile @Nullable DrainNotice drained;

  // Set on the loop, before there is a session: in the constructor, or where several protocols
  // share the port by choose(). Who calls a session on another thread has seen that there is one.
  private @Nullable Protocol protocol;
  private SessionOrder order;
  private @Nullable LoopOrder loopOrder;

  // Set once before the first call, on the loop; handed on by the order's queue.
  private @Nullable TlsInfo tls;

  // Written on the loop: a call that may make a session was ordered. Where none was, none waits.
  private boolean ordered;

  // In the session's order, except that the node reads them: both are set once.
  private volatile @Nullable Session session;
  private volatile @Nullable ConnectionContext context;

  // Said by the session on any thread, read by the sweep.
  private volatile boolean answerOwed;
  private volatile long silenceNanos;

  // In the session's order only.
  private boolean begun;
  private boolean finished;

  SessionCalls(SessionBridge bridge, CloseCause cause) {
    this.bridge = bridge;
    this.cause = cause;
    this.writability = new Writability(bridge, this);
    Protocol only = bridge.options().protocols().only();
    this.protocol = only;
    // While there is no protocol nothing foreign is called.
    this.loopOrder =
        only == null || only.execution() == Execution.EVENT_LOOP ? loopOrder(only) : null;
    this.order = loopOrder == null ? poolOrder(Objects.requireNonNull(only)) : loopOrder;
  }

  private LoopOrder loopOrder(@Nullable Protocol of) {
    return new LoopOrder(bridge.loop(), of == null ? null : of.classLoader(), bridge);
  }

  private PoolOrder poolOrder(Protocol of) {
    return new PoolOrder(
        bridge.endpoint().connections().workers(of.execution()), of.classLoader(), bridge);
  }

  /** On the loop, before anything else: the connection stands. Under TLS that decides. */
  void established(@Nullable TlsInfo agreed) {
    this.tls = agreed;
    if (protocol == null && agreed != null) {
      choose(bridge.options().protocols().negotiated(agreed.applicationProtocol()));
    }
    if (protocol != null && protocol.speaksFirst()) {
      ordered = true;
      order.execute(
          () -> {
            ensureSession();
            tellLateOfDrain();
          });
    }
  }

  /** On the loop, once at most and before the first data: which of several protocols it is. */
  void choose(Protocol chosen) {
    bridge.endpoint().metrics().chosen(chosen);
    protocol = chosen;
    loopOrder = chosen.execution() == Execution.EVENT_LOOP ? loopOrder(chosen) : null;
    order = loopOrder == null ? poolOrder(chosen) : loopOrder;
  }

  // ---- on the loop: input

  /**
   * Enters the session's order for calls of a pass: {@link #deliver} and {@link #incomingComplete},
   * then {@link #leave}. False: the calls have to wait, see {@link #later}.
   */
  boolean enter() {
    ordered = true;
    return loopOrder != null && loopOrder.enter();
  }

  void leave() {
    Objects.requireNonNull(loopOrder).exit();
  }

  /** Entered: calls the session with input; takes the buffer over. */
  void deliver(ByteBuf data) {
    Objects.requireNonNull(loopOrder).between();
    call(data);
  }

  /** Entered: the end of the pass. */
  void incomingComplete() {
    Objects.requireNonNull(loopOrder).between();
    callIncomingComplete();
  }

  /**
   * Calls the session with a pass of input in its turn. Takes the buffers over.
   *
   * @param cost given to {@link SessionBridge#inputProcessed} once the session is done with them
   */
  void later(List<ByteBuf> input, int cost) {
    ordered = true;
    if (!order.execute(new QueuedPass(bridge, this, input, cost))) {
      input.forEach(Buffers::release);
      bridge.inputProcessed(cost);
    }
  }

  // ---- in the session's order

  /**
   * Takes the buffer over. The session borrows it: one more reference than it knows of is kept, so
   * that a session which releases what it does not own is found out before the memory is another's.
   */
  void call(ByteBuf data) {
    int references = Buffers.lend(data);
    try {
      callWith(data);
    } finally {
      takeBack(data, references);
    }
  }

  private void callWith(ByteBuf data) {
    if (cause.requested()) {
      return;
    }
    boolean first = !begun;
    ensureSession();
    Session target = session;
    if (target != null && !cause.requested()) {
      Tapping hears = bridge.tapping();
      if (hears != null) {
        hears.delivered(data);
      }
      try {
        target.handleIncomingData(data);
      } catch (Throwable thrown) {
        failed(EndpointMetrics.Errors.SESSION, thrown);
      }
    }
    if (first) {
      tellLateOfDrain();
    }
  }

  /** In the order: the session is done with what {@link Buffers#lend} has lent it. */
  void takeBack(ByteBuf lent, int references) {
    if (lent.refCnt() < references) {
      failed(
          EndpointMetrics.Errors.SESSION,
          new IllegalStateException("it has released a buffer that it had borrowed"));
      Buffers.release(lent);
    } else {
      lent.release(2);
    }
  }

  private void ensureSession() {
    if (begun || cause.requested()) {
      return;
    }
    begun = true;
    context = new ConnectionContext(bridge, tls);
    if (bridge.endpoint().connections().taps() != null) {
      offerToTaps();
    }
    CustomProtocolSubsystem subsystem = chosen().subsystem();
    try {
      Session made =
          bridge.capped()
              ? subsystem.createCapped(bridge.id(), bridge.writer())
              : subsystem.create(bridge.id(), bridge.writer());
      session =
          Objects.requireNonNull(made, "the protocol made no session: create() answered null");
      bridge.sessionMade(made);
    } catch (Throwable thrown) {
      failed(EndpointMetrics.Errors.SESSION_CREATE, thrown);
    }
  }

  private void offerToTaps() {
    bridge.offerToTaps(
        new SessionTaps.Opening(
            bridge.id(),
            bridge.options().name(),
            chosen(),
            bridge.capped(),
            bridge.transport(),
            bridge.localAddress(),
            bridge.remoteAddress(),
            tls));
  }

  void callIncomingComplete() {
    Session target = session;
    if (target != null && !finished && !cause.requested()) {
      bridge.tell(SessionTap.Event.PASS_COMPLETE, 0);
      try {
        target.incomingComplete();
      } catch (Throwable thrown) {
        failed(EndpointMetrics.Errors.SESSION, thrown);
      }
    }
  }

  void callUnlessClosing(Consumer<Session> event) {
    if (!cause.requested()) {
      callAlways(event);
    }
  }

  void callAlways(Consumer<Session> event) {
    Session target = session;
    if (target != null && !finished) {
      guard(() -> event.accept(target));
    }
  }

  private void guard(Runnable call) {
    try {
      call.run();
    } catch (Throwable thrown) {
      failed(EndpointMetrics.Errors.SESSION, thrown);
    }
  }

  private void failed(String kind, Throwable thrown) {
    bridge.endpoint().metrics().error(kind);
    bridge.close(Ending.of(CloseReason.PROTOCOL_ERROR, Ending.describe(kind + " failed", thrown)));
    bridge.endpoint().sessionFailed(bridge, kind, thrown);
  }

  // ---- what can happen

  /** On the loop: the peer has ended its sending side; without a session it ends with it. */
  void inputClosed() {
    if (!ordered) {
      bridge.close(Ending.PEER_CLOSED);
      return;
    }
    order.execute(
        () -> {
          if (session == null) {
            bridge.close(Ending.PEER_CLOSED);
          } else {
            if (!cause.requested()) {
              bridge.tell(SessionTap.Event.INPUT_ENDED, 0);
            }
            callUnlessClosing(Session::inputClosed);
          }
        });
  }

  /** Any thread. */
  void writabilityChanged(boolean writable) {
    writability.changed(writable);
    order.execute(writability);
  }

  /** Any thread. */
  boolean execute(Runnable task) {
    return order.execute(
        () -> {
          if (!finished && !bridge.gone()) {
            guard(task);
          }
        });
  }

  /** Raw bytes from outside; any thread. */
  synchronized Replies replies() {
    Replies made = replies;
    if (made == null) {
      made = new Replies(bridge, this);
      replies = made;
    }
    return made;
  }

  /** Any thread. */
  void complete(WriteCompletion completion, boolean written) {
    order.execute(() -> guard(() -> completion.complete(written)));
  }

  /** On the loop, once: the last call, then what the node does when the session has been told. */
  void end(Consumer<Ending> afterwards) {
    Runnable last =
        () -> {
          // Read once: what the session is told is what is recorded, also where it fails at it.
          Ending ending = cause.ending();
          callAlways(target -> target.connectionClosed(ending.reason()));
          finished = true;
          Tapping hears = bridge.tapping();
          if (hears != null) {
            hears.ended(ending);
          }
          order.end();
          afterwards.accept(ending);
        };
    if (ordered) {
      order.execute(last);
    } else {
      // There never was a session: its end does not wait for a worker.
      last.run();
    }
  }

  // ---- any thread

  /** On the loop: whether a call is running there now, after which there will be a flush. */
  boolean running() {
    return loopOrder != null && loopOrder.running();
  }

  void owes(boolean answer) {
    answerOwed = answer;
  }

  boolean busy() {
    return answerOwed || order.busy();
  }

  void mayBeSilent(long nanos) {
    silenceNanos = nanos;
  }

  /** For how long the session lets its connection be silent while it is busy. */
  long silenceNanos() {
    return silenceNanos;
  }

  /** After how long the session wants its connection to count as idle; 0: as all others. */
  long idleNanos() {
    ConnectionContext made = context;
    return made == null ? 0 : made.idleNanos();
  }

  /** What TLS has agreed on, or null; elsewhere than on the loop it may be old. */
  @Nullable TlsInfo tls() {
    return tls;
  }

  @Nullable Session session() {
    return session;
  }

  SessionOrder order() {
    return order;
  }

  /** On the loop: whether a call that may make a session was ordered. */
  boolean ordered() {
    return ordered;
  }

  /** In its order: a session that was made since hears of a drain behind its first bytes. */
  private void tellLateOfDrain() {
    if (bridge.endpoint().drainLeft() != null) {
      drained().tell();
    }
  }

  /** Any thread; of use once the node drains. */
  synchronized DrainNotice drained() {
    DrainNotice made = drained;
    if (made == null) {
      made = new DrainNotice(bridge, this);
      drained = made;
    }
    return made;
  }

  /** Whether the connection's protocol is known; elsewhere than on the loop it may be old. */
  boolean hasProtocol() {
    return protocol != null;
  }

  private Protocol chosen() {
    return Objects.requireNonNull(protocol, "no protocol chosen yet");
  }

  /** For views and records; elsewhere than on the loop it may be old. */
  String protocolName() {
    Protocol now = protocol;
    return now == null ? bridge.options().protocols().names() : now.name();
  }

  @Nullable Record settings() {
    return chosen().settings();
  }

  ConnectionContext context() {
    return Objects.requireNonNull(context, "no session yet");
  }
}
