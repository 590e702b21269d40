// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CloseReason;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionContext;
import dev.sluice.api.TlsInfo;
import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes the calls into one connection's session, in the session's order, and answers for what it
 * throws. The session is made by the first call that needs one.
 */
final class SessionCalls {

  private final Connection connection;

  // Set on the loop, before there is a session: in the constructor, or where several protocols
  // share the port by choose(). Who calls a session on another thread has seen that there is one.
  private @Nullable SessionProtocol protocol;
  private SessionOrder order;
  private @Nullable LoopOrder loopOrder;

  // Set once before the first call, on the loop; handed on by the order's queue.
  private @Nullable TlsInfo tls;

  // In the session's order, except that the node reads them: both are set once.
  private volatile @Nullable Session session;
  private volatile @Nullable ConnectionContext context;

  // Set by whoever crossed the mark, on any thread; read and cleared in the session's order.
  private final AtomicBoolean wentOver = new AtomicBoolean();

  // Said by the session on any thread, read by the sweep.
  private volatile boolean answerOwed;

  // Bytes of replies that the session has not been called with; any thread.
  private final AtomicLong repliesWaiting = new AtomicLong();

  // In the session's order only.
  private boolean begun;
  private boolean finished;
  private boolean toldDrain;
  private boolean toldWritable = true;

  // Kept, so that a read pass makes no objects.
  private final Runnable incomingComplete = this::callIncomingComplete;
  private final Runnable writabilityChanged = this::callWritabilityChanged;

  SessionCalls(Connection connection, EventLoop loop) {
    this.connection = connection;
    SessionProtocol only = connection.bridge().options().protocols().only();
    this.protocol = only;
    if (only == null || only.execution() == Execution.EVENT_LOOP) {
      // While there is no protocol nothing foreign is called.
      this.loopOrder =
          new LoopOrder(loop, only == null ? null : only.classLoader(), connection::flushNow);
      this.order = loopOrder;
    } else {
      this.loopOrder = null;
      this.order = poolOrder(only);
    }
  }

  private PoolOrder poolOrder(SessionProtocol of) {
    return new PoolOrder(
        connection.bridge().transport().workers().executor(of.execution()), of.classLoader());
  }

  /** On the loop, before anything else: the connection stands. Under TLS that decides. */
  void established(@Nullable TlsInfo agreed) {
    this.tls = agreed;
    if (protocol == null && agreed != null) {
      choose(connection.bridge().options().protocols().negotiated(agreed.applicationProtocol()));
    }
    if (protocol != null && protocol.speaksFirst()) {
      begin();
    }
  }

  /** On the loop, once at most and before the first data: which of several protocols it is. */
  void choose(SessionProtocol chosen) {
    connection.bridge().metrics().chosen(chosen);
    protocol = chosen;
    if (chosen.execution() == Execution.EVENT_LOOP) {
      loopOrder = new LoopOrder(connection.loop(), chosen.classLoader(), connection::flushNow);
      order = loopOrder;
    } else {
      loopOrder = null;
      order = poolOrder(chosen);
    }
  }

  /** On the loop: the protocol speaks first. */
  private void begin() {
    order.execute(
        () -> {
          ensureSession();
          tellLateDrain();
        });
  }

  /** On the loop: takes the buffer over. */
  void data(ByteBuf data) {
    if (order.enter()) {
      try {
        deliver(data);
      } finally {
        data.release();
        order.exit();
      }
      return;
    }
    queue(data);
  }

  /**
   * On the loop: calls the session at once where it can be; the buffer stays the caller's. False:
   * the session is called later, by {@link #queue}.
   */
  boolean deliverNow(ByteBuf data) {
    if (!order.enter()) {
      return false;
    }
    try {
      deliver(data);
    } finally {
      order.exit();
    }
    return true;
  }

  /** On the loop: takes the buffer over and calls the session in its turn. */
  void queue(ByteBuf data) {
    int bytes = data.readableBytes();
    connection.inputQueued(bytes);
    boolean accepted =
        order.execute(
            () -> {
              try {
                deliver(data);
              } finally {
                data.release();
                connection.inputProcessed(bytes);
              }
            });
    if (!accepted) {
      data.release();
      connection.inputProcessed(bytes);
    }
  }

  private void deliver(ByteBuf data) {
    if (connection.closeRequested()) {
      return;
    }
    boolean first = !begun;
    ensureSession();
    Session target = session;
    if (target != null && !connection.closeRequested()) {
      try {
        target.handleIncomingData(data);
      } catch (Throwable thrown) {
        failed(InterfaceMetrics.Errors.SESSION, thrown);
      }
    }
    if (first) {
      tellLateDrain();
    }
  }

  private void ensureSession() {
    if (begun || connection.closeRequested()) {
      return;
    }
    begun = true;
    context = connection.describe(tls);
    CustomProtocolSubsystem subsystem = chosen().subsystem();
    try {
      Session made =
          connection.capped()
              ? subsystem.createCapped(connection.id(), connection.writer())
              : subsystem.create(connection.id(), connection.writer());
      session =
          Objects.requireNonNull(made, "the protocol made no session: create() answered null");
      connection.bridge().sessionMade(made);
    } catch (Throwable thrown) {
      failed(InterfaceMetrics.Errors.SESSION_CREATE, thrown);
    }
  }

  /** On the loop: the end of a read pass that had data. */
  void incomingComplete() {
    if (order.enter()) {
      try {
        callIncomingComplete();
      } finally {
        order.exit();
      }
    } else {
      order.execute(incomingComplete);
    }
  }

  private void callIncomingComplete() {
    call(Session::incomingComplete);
  }

  /** The peer has ended its sending side; a connection without a session ends with it. */
  void inputClosed() {
    order.execute(
        () -> {
          if (session == null) {
            connection.writer().close(Ending.PEER_CLOSED);
          } else {
            call(Session::inputClosed);
          }
        });
  }

  /**
   * Any thread: the node's drain has begun. Told to the session once; without one the connection is
   * closed when the grace is over, unless it has got one by then.
   */
  void drain(Duration grace) {
    if (session != null) {
      order.execute(this::tellDrain);
    } else if (grace.isZero() && protocol != null) {
      connection.writer().close(Ending.DRAINED);
    } else {
      connection.loop().schedule(this::graceOver, grace.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  /** On the loop. What has come while the protocol is not chosen yet will make a session. */
  private void graceOver() {
    if (!connection.choosing()) {
      order.execute(this::endSilent);
    }
  }

  /** Behind whatever data has arrived, so that nothing that a peer sent in time is lost. */
  private void endSilent() {
    if (session == null) {
      connection.writer().close(Ending.DRAINED);
    }
  }

  /** A session that was made when the drain had begun hears of it behind its first bytes. */
  private void tellLateDrain() {
    if (connection.bridge().drainLeft() != null) {
      tellDrain();
    }
  }

  private void tellDrain() {
    Duration left = connection.bridge().drainLeft();
    if (!toldDrain && left != null) {
      toldDrain = true;
      callAlways(target -> target.drainRequested(left));
    }
  }

  /** Any thread. */
  void writabilityChanged(boolean writable) {
    if (!writable) {
      wentOver.set(true);
    }
    order.execute(writabilityChanged);
  }

  private void callWritabilityChanged() {
    boolean went = wentOver.getAndSet(false);
    boolean writable = connection.writable();
    // A session that saw itself not writable, and holds back, must hear when that has passed.
    if (writable != toldWritable || (went && writable)) {
      toldWritable = writable;
      call(target -> target.writabilityChanged(writable));
    }
  }

  /** Any thread. */
  boolean execute(Runnable task) {
    return order.execute(
        () -> {
          if (!finished && !connection.gone()) {
            guard(task);
          }
        });
  }

  /**
   * Any thread: raw bytes from outside. Takes the buffer over in every case. Refuses while more
   * waits for the session's turn than a connection may have queued.
   */
  boolean reply(ByteBuf data, boolean terminate) {
    int bytes = data.readableBytes();
    if (repliesWaiting.getAndAdd(bytes) <= connection.bridge().limits().hardMark()
        && session != null
        && !connection.closeRequested()
        && order.execute(() -> sendReply(data, bytes, terminate))) {
      return true;
    }
    repliesWaiting.addAndGet(-bytes);
    data.release();
    return false;
  }

  private void sendReply(ByteBuf data, int bytes, boolean terminate) {
    repliesWaiting.addAndGet(-bytes);
    try {
      callAlways(target -> target.sendData(data));
    } finally {
      data.release();
    }
    if (terminate) {
      connection.writer().cause().askedToEnd("asked to end by a reply");
      callAlways(Session::closeSession);
    }
  }

  /** Any thread. */
  void complete(WriteCompletion completion, boolean written) {
    order.execute(() -> guard(() -> completion.complete(written)));
  }

  /** The last call, then what the node does when the session has been told. */
  void end(Consumer<Ending> afterwards) {
    order.execute(
        () -> {
          // Read once: what the session is told is what is recorded, also where it fails at it.
          Ending ending = connection.writer().cause().ending();
          callAlways(target -> target.connectionClosed(ending.reason()));
          finished = true;
          order.end();
          afterwards.accept(ending);
        });
  }

  private void call(Consumer<Session> event) {
    if (!connection.closeRequested()) {
      callAlways(event);
    }
  }

  private void callAlways(Consumer<Session> event) {
    Session target = session;
    if (target != null && !finished) {
      try {
        event.accept(target);
      } catch (Throwable thrown) {
        failed(InterfaceMetrics.Errors.SESSION, thrown);
      }
    }
  }

  private void guard(Runnable call) {
    try {
      call.run();
    } catch (Throwable thrown) {
      failed(InterfaceMetrics.Errors.SESSION, thrown);
    }
  }

  private void failed(String kind, Throwable thrown) {
    connection.bridge().metrics().error(kind);
    connection.bridge().debug(connection, kind, thrown);
    connection
        .writer()
        .close(Ending.of(CloseReason.PROTOCOL_ERROR, Ending.describe(kind + " failed", thrown)));
  }

  /** On the loop: whether a call is running there now, after which there will be a flush. */
  boolean running() {
    return loopOrder != null && loopOrder.running();
  }

  /** Any thread. */
  void owes(boolean answer) {
    answerOwed = answer;
  }

  boolean busy() {
    return answerOwed || order.busy();
  }

  /** What TLS has agreed on, or null; any thread, elsewhere than on the loop it may be old. */
  @Nullable TlsInfo tls() {
    return tls;
  }

  @Nullable Session session() {
    return session;
  }

  private SessionProtocol chosen() {
    return Objects.requireNonNull(protocol, "no protocol chosen yet");
  }

  /** For views and records; any thread, elsewhere than on the loop it may be old. */
  String protocolName() {
    SessionProtocol now = protocol;
    return now == null ? connection.bridge().options().protocols().names() : now.name();
  }

  /** For the session. */
  @Nullable Record settings() {
    return chosen().settings();
  }

  SessionContext context() {
    return Objects.requireNonNull(context, "no session yet");
  }
}
