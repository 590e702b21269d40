// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.PlaintextSession;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.RequestHead;
import dev.sluice.protocol.http.RpcDispatcher;
import dev.sluice.protocol.http.WaitingOutput;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A connection's requests, one behind the other, and their answers in the same order. On the
 * connection's loop; only {@link #isWritable} is asked from elsewhere.
 *
 * <p>Requests that a client sends without waiting are handed on at once while all of them are safe,
 * up to a bound (RFC 9112, section 9.3.2); others wait for the answers before them, unread.
 */
final class Http1Session extends PlaintextSession {

  private final RpcDispatcher dispatcher;
  private final SessionContext context;
  private final HttpConfiguration limits;
  private final Deadlines deadlines;
  private final RequestReader reader;
  private final Pipeline pipeline;
  private final ConnectionSignals signals;
  private final DrainGrace drain;

  private boolean parsing;
  private boolean inputEnded;
  private boolean closed;

  /** Answers were dropped for want of room: the connection ends in the place of the first. */
  private boolean cutShort;

  private long moved;

  /** Made for the first answer that may have to wait: most connections have none. */
  private @Nullable WaitingOutput waiting;

  Http1Session(ConnId id, SessionWriter writer, RpcDispatcher dispatcher) {
    // What is left unread is bounded by the parsers, and by pausing reads.
    super(id, writer, Integer.MAX_VALUE);
    this.dispatcher = dispatcher;
    this.context = writer.context(id);
    this.limits = context.rpc().http();
    this.deadlines = new Deadlines(this, context, limits);
    this.reader = new RequestReader(this, deadlines, limits, context.secure());
    this.pipeline =
        new Pipeline(limits.maxPipelinedRequests(), this::isWritable, () -> waiting().nodeIsFull());
    this.signals = new ConnectionSignals(id, writer);
    this.drain = new DrainGrace(context, this::graceOver);
  }

  // ---- what arrives

  @Override
  protected boolean parse(ByteBuf in) {
    parsing = true;
    try {
      while (in.isReadable() && !closed && reader.read(in)) {
        // One request after the other.
      }
    } catch (HttpRefusal refusal) {
      refuse(refusal.problem());
    } finally {
      parsing = false;
    }
    return true;
  }

  /**
   * The head of a request.
   *
   * @param more whether something was read behind it
   */
  void headRead(RequestHead head, boolean more) {
    IncomingBody body = IncomingBody.of(head, limits);
    if (more && head.hasBody()) {
      body.begins();
    }
    Http1Exchange exchange = new Http1Exchange(this, head, body, id(), writer());
    if (pipeline.takes(exchange)) {
      begin(exchange);
    } else {
      pipeline.keepWaiting(exchange);
      reader.awaitTurn();
    }
  }

  private void begin(Http1Exchange exchange) {
    pipeline.add(exchange);
    reader.begin(exchange);
    dispatcher.dispatch(exchange);
    exchange.limited(deadlines);
    if (!exchange.silence().isZero()) {
      signals.mayBeSilent(pipeline.silence());
    }
  }

  /** The answer is out, and its client does not stop to send what nobody wants. */
  void bodyWithoutEnd() {
    if (!closed) {
      end(CloseReason.SESSION_CLOSED);
    }
  }

  @Override
  public void incomingComplete() {
    settle();
  }

  /** After whatever has happened: what to read, and what to wait for. */
  private void settle() {
    if (closed) {
      return;
    }
    if (inputEnded && pipeline.isEmpty()) {
      end(CloseReason.SESSION_CLOSED);
      return;
    }
    if (nothingInHand() && drain.isOver()) {
      end(CloseReason.DRAINED);
      return;
    }
    signals.busy(pipeline.owes());
    signals.pauseReads(reader.waits());
    if (watched()) {
      deadlines.watch();
    }
  }

  // ---- what is answered

  /** Whether the node is about to stop, and this is the last request that it answers here. */
  boolean endsBehind(Http1Answer exchange) {
    return drain.begun() && pipeline.endsWith(exchange);
  }

  void write(ByteBuf data) {
    moved += data.readableBytes();
    boolean unused = send(data);
  }

  /** Any thread. */
  boolean isWritable() {
    return writer().isWritable(id());
  }

  void holdBody(Http1Exchange exchange, boolean hold) {
    if (reader.hold(exchange, hold) && !parsing) {
      settle();
    }
  }

  // ---- what waits for its turn

  WaitingOutput waiting() {
    WaitingOutput made = waiting;
    if (made == null) {
      // Nobody who holds back is told: whoever has no turn does not write at all.
      made = new WaitingOutput(id(), writer(), limits.maxWaitingAnswers().bytes(), () -> {});
      waiting = made;
    }
    return made;
  }

  /** Whether so much more of an answer may wait; what is behind it makes room. */
  boolean mayWait(Http1Answer exchange, int bytes) {
    while (!waiting().takes(bytes, 0)) {
      if (!cutShort) {
        cutShort = true;
        context.count(WaitingOutput.TOO_MUCH);
        context.note(WaitingOutput.TOO_MUCH);
      }
      if (!pipeline.giveUpBehind(exchange)) {
        return false;
      }
    }
    return true;
  }

  /** Those before it go out, and the connection ends in its place. */
  void giveUp(Http1Answer exchange) {
    pipeline.giveUpFrom(exchange);
    answered();
  }

  /** An answer is complete, and perhaps those behind it. */
  void answered() {
    Http1Exchange done;
    while (!closed && (done = pipeline.pollComplete()) != null) {
      if (done.closing()) {
        endBehind(done);
        return;
      }
      pipeline.passTurn();
    }
    if (!parsing && !closed) {
      goOn();
    }
  }

  private void endBehind(Http1Answer last) {
    if (last.reset()) {
      closed = true;
      writer().abort(id(), last.closeReason());
    } else {
      end(last.closeReason());
    }
  }

  /** A request that has waited may begin now, and what was left unread be read. */
  private void goOn() {
    Http1Exchange waiting = pipeline.takeWaiting();
    if (waiting != null) {
      parsing = true;
      try {
        begin(waiting);
      } finally {
        parsing = false;
      }
      parseAgain();
    }
    abandonHalfRequest();
    settle();
  }

  /** What arrived, or did not arrive in time, is no request that can be served. */
  void refuse(HttpProblem problem) {
    if (closed) {
      return;
    }
    context.note(problem.code());
    Http1Exchange broken = reader.stop();
    if (broken != null) {
      if (broken.complete()) {
        context.count(problem.code());
        closeBehindAll();
      } else {
        broken.refuseFor(problem);
      }
      return;
    }
    context.count(problem.code());
    RequestHead none = RequestHead.refused("HTTP/1.1", reader.method(), true);
    Http1Exchange refused =
        new Http1Exchange(this, none, IncomingBody.of(none, limits), id(), writer());
    pipeline.add(refused);
    refused.answerRefused(problem);
  }

  private void closeBehindAll() {
    Http1Exchange last = pipeline.last();
    if (last == null) {
      end(CloseReason.PROTOCOL_ERROR);
    } else {
      last.closeBehind();
    }
  }

  // ---- deadlines

  boolean headBegun() {
    return reader.headBegun();
  }

  /** Whether the client can't be blamed for what does not come. */
  boolean heldByNode() {
    return context.heldByNode();
  }

  boolean bodyExpected() {
    return reader.bodyAwaited() && !signals.readsPaused() && !heldByNode();
  }

  boolean bodyHeldBack() {
    return reader.inBody() && signals.readsPaused();
  }

  boolean watched() {
    return !closed && (pipeline.owes() || reader.underWay());
  }

  void requestTooSlow() {
    refuse(HttpProblem.REQUEST_TIMEOUT);
    settle();
  }

  /** The least rate of the body that is being read. */
  long minBodyRate() {
    return reader.minBodyRate();
  }

  void lookAtRequests(long now, long heldFor) {
    pipeline.look(now, heldFor);
    signals.mayBeSilent(pipeline.silence());
  }

  void bodyMoved(int bytes) {
    moved += bytes;
  }

  /** Bytes of requests and answers, on their way either way. */
  long moved() {
    return moved;
  }

  // ---- the end

  private void end(CloseReason reason) {
    closed = true;
    pipeline.gone();
    close(reason);
  }

  @Override
  public void inputClosed() {
    inputEnded = true;
    abandonHalfRequest();
    settle();
  }

  /** With no more input a request that is not whole never will be. */
  private void abandonHalfRequest() {
    Http1Exchange half = inputEnded ? reader.abandonBody() : null;
    if (half != null) {
      half.abandon();
      answered();
    }
  }

  /**
   * As {@link #closeSession}, but a connection with nothing in hand stays for a while: its client
   * does not know yet, and a request that is under way would be lost. It gets an answer that says
   * so.
   */
  @Override
  public void drainRequested(Duration deadline) {
    drain.begin(context.drainIdleGrace());
    settle();
  }

  /** Answers what was begun, and says in the last answer that the connection ends. */
  @Override
  public void closeSession() {
    drain.begin(Duration.ZERO);
    settle();
  }

  private void graceOver() {
    if (!closed && nothingInHand()) {
      end(CloseReason.DRAINED);
    }
  }

  private boolean nothingInHand() {
    return pipeline.isEmpty() && !reader.underWay();
  }

  /** Answers have an order: bytes from elsewhere would fall between them. */
  @Override
  public boolean sendData(ByteBuf data) {
    return false;
  }

  @Override
  public void writabilityChanged(boolean writable) {
    Http1Exchange first = pipeline.first();
    if (!writable || first == null) {
      return;
    }
    if (first.hasTurn()) {
      first.writable();
    } else {
      pipeline.passTurn();
      answered();
    }
  }

  @Override
  protected void closed(CloseReason reason) {
    closed = true;
    deadlines.stop();
    pipeline.gone();
  }
}
