// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.PlaintextSession;
import dev.sluice.api.ScheduledTask;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.RequestHead;
import dev.sluice.protocol.http.RpcDispatcher;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A connection's requests, one behind the other, and their answers in the same order. On the
 * connection's loop; only {@link #isWritable} is asked from elsewhere.
 *
 * <p>Requests that a client sends without waiting are handed on at once while all of them are safe,
 * up to a bound (RFC 9112, section 9.3.2); others wait for the answers before them, unread.
 */
final class Http1Session extends PlaintextSession {

  /** What is read and thrown away of a body that nobody wants, to keep the connection. */
  static final int MAX_DISCARD = 64 << 10;

  /** Answers that wait for their turn beyond this keep further requests from being begun. */
  private static final int MAX_WAITING = 256 << 10;

  /** What the connection's next byte belongs to. */
  private enum Reading {
    HEAD,
    BODY,
    /** A head was read whose request must wait; nothing is read meanwhile. */
    TURN,
    /** Nothing: this was the last request. */
    REST
  }

  private final RpcDispatcher dispatcher;
  private final SessionContext context;
  private final HttpConfiguration limits;
  private final HeadParser heads;
  private final Deadlines deadlines;

  /** Handed on and not answered to the end, in the order of the requests. */
  private final ArrayDeque<Http1Exchange> exchanges = new ArrayDeque<>(2);

  private Reading reading = Reading.HEAD;
  private @Nullable Http1Exchange next;

  // The request whose body is being read, which may outlive its answer.
  private @Nullable Http1Exchange current;
  private int discarded;
  private boolean bodyHeld;

  private boolean parsing;
  private boolean readsPaused;
  private boolean saidBusy;
  private boolean draining;
  private Duration idleGrace;
  private @Nullable ScheduledTask idleEnd;
  private boolean inputEnded;
  private boolean closed;

  Http1Session(ConnId id, SessionWriter writer, RpcDispatcher dispatcher) {
    // What is left unread is bounded by the parsers, and by pausing reads.
    super(id, writer, Integer.MAX_VALUE);
    this.dispatcher = dispatcher;
    this.context = writer.context(id);
    this.limits = context.rpc().http();
    this.heads = new HeadParser(limits);
    this.deadlines = new Deadlines(this, limits);
    // Made within the grace of a drain: its first request is its last.
    this.idleGrace = context.drainIdleGrace();
    this.draining = !idleGrace.isZero();
  }

  // ---- what arrives

  @Override
  protected boolean parse(ByteBuf in) {
    parsing = true;
    try {
      while (in.isReadable() && !closed && read(in)) {
        // One request after the other.
      }
    } catch (HttpRefusal refusal) {
      refuse(refusal.problem());
    } finally {
      parsing = false;
    }
    return true;
  }

  /** False: there is nothing more to be had of these bytes now. */
  private boolean read(ByteBuf in) throws HttpRefusal {
    switch (reading) {
      case HEAD -> {
        HeadParser.Head head = heads.parse(in);
        if (head == null) {
          return false;
        }
        headRead(RequestRules.judge(head, limits), in.isReadable());
      }
      case BODY -> {
        Http1Exchange to = Objects.requireNonNull(current);
        return to.incoming().read(in, this, to);
      }
      case TURN -> {
        return false;
      }
      case REST -> in.skipBytes(in.readableBytes());
    }
    return true;
  }

  private void headRead(Http1Head head, boolean more) {
    deadlines.headRead();
    IncomingBody body = IncomingBody.of(head.request(), limits);
    if (more && head.request().hasBody()) {
      body.begins();
    }
    Http1Exchange exchange = new Http1Exchange(this, head, body, id(), writer());
    if (mayBegin(exchange)) {
      begin(exchange);
    } else {
      next = exchange;
      reading = Reading.TURN;
    }
  }

  private boolean mayBegin(Http1Exchange exchange) {
    if (exchanges.isEmpty()) {
      return true;
    }
    if (!exchange.safe() || exchanges.size() >= limits.maxPipelinedRequests()) {
      return false;
    }
    int waiting = 0;
    for (Http1Exchange before : exchanges) {
      if (!before.safe() || before.closing()) {
        return false;
      }
      waiting += before.waitingBytes();
    }
    return waiting <= MAX_WAITING;
  }

  private void begin(Http1Exchange exchange) {
    RequestHead request = exchange.request();
    boolean first = exchanges.isEmpty();
    exchanges.add(exchange);
    if (first) {
      exchange.takeTurn();
    }
    current = exchange;
    if (request.hasBody()) {
      reading = Reading.BODY;
      discarded = 0;
      deadlines.bodyBegins();
    } else {
      exchange.hasNoBody();
      requestRead();
    }
    dispatcher.dispatch(exchange);
  }

  private void requestRead() {
    Http1Exchange read = current;
    current = null;
    bodyHeld = false;
    reading = read != null && read.keepAlive() ? Reading.HEAD : Reading.REST;
  }

  /** More of the body in hand; borrowed. */
  void bodyArrived(Http1Exchange to, ByteBuf part, boolean last) {
    if (last) {
      requestRead();
    }
    int bytes = part.readableBytes();
    deadlines.bodyMoved(bytes);
    if (to.complete()) {
      discarded += bytes;
    }
    to.arrived(part, last);
    if (discarded > MAX_DISCARD && !closed) {
      // Its answer is out, and its client does not stop.
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
    if (inputEnded && exchanges.isEmpty() && next == null) {
      end(CloseReason.SESSION_CLOSED);
      return;
    }
    if (draining && nothingInHand()) {
      if (idleGrace.isZero()) {
        end(CloseReason.DRAINED);
        return;
      }
      awaitLastRequest();
    }
    boolean owes = !exchanges.isEmpty();
    if (owes != saidBusy) {
      saidBusy = owes;
      context.busy(owes);
    }
    boolean pause = reading == Reading.TURN || bodyHeld;
    if (pause != readsPaused) {
      readsPaused = pause;
      if (pause) {
        writer().pauseReads(id());
      } else {
        writer().resumeReads(id());
      }
    }
    if (owes || reading == Reading.BODY || headBegun()) {
      deadlines.watch();
    }
  }

  // ---- what is answered

  /** Whether the node is about to stop, and this is the last request that it answers here. */
  boolean endsBehind(Http1Exchange exchange) {
    return draining && exchange == exchanges.peekLast() && next == null;
  }

  void write(ByteBuf data) {
    boolean unused = send(data);
  }

  /** Any thread. */
  boolean isWritable() {
    return writer().isWritable(id());
  }

  void holdBody(Http1Exchange exchange, boolean hold) {
    if (exchange == current) {
      bodyHeld = hold;
      if (!parsing) {
        settle();
      }
    }
  }

  /** An answer is complete, and perhaps those behind it. */
  void answered() {
    Http1Exchange first;
    while (!closed && (first = exchanges.peek()) != null && first.complete()) {
      exchanges.poll();
      if (first.closing()) {
        if (first.reset()) {
          closed = true;
          writer().abort(id(), first.closeReason());
        } else {
          end(first.closeReason());
        }
        return;
      }
      Http1Exchange second = exchanges.peek();
      if (second != null) {
        second.takeTurn();
      }
    }
    if (!parsing && !closed) {
      goOn();
    }
  }

  /** A request that has waited may begin now, and what was left unread be read. */
  private void goOn() {
    Http1Exchange waiting = next;
    if (waiting != null && mayBegin(waiting)) {
      next = null;
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
  private void refuse(HttpProblem problem) {
    if (closed) {
      return;
    }
    context.note(problem.code());
    Http1Exchange broken = current;
    reading = Reading.REST;
    bodyHeld = false;
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
    String method = heads.method();
    RequestHead none =
        new RequestHead(
            "HTTP/1.1", method == null ? "GET" : method, "", "/", null, RpcHeaders.EMPTY, 0, false);
    Http1Exchange refused =
        new Http1Exchange(
            this, new Http1Head(none, false, false), IncomingBody.of(none, limits), id(), writer());
    exchanges.add(refused);
    if (exchanges.size() == 1) {
      refused.takeTurn();
    }
    refused.answerRefused(problem);
  }

  private void closeBehindAll() {
    Http1Exchange last = exchanges.peekLast();
    if (last == null) {
      end(CloseReason.PROTOCOL_ERROR);
    } else {
      last.closeBehind();
    }
  }

  /** A handler has written far more than is sent. */
  void overrun() {
    closed = true;
    context.note("an answer waits behind others and is too large to wait");
    writer().abort(id(), CloseReason.SLOW_CONSUMER);
  }

  // ---- deadlines

  ScheduledTask schedule(Duration delay, Runnable task) {
    return context.schedule(delay, task);
  }

  boolean headBegun() {
    return reading == Reading.HEAD && heads.begun();
  }

  boolean bodyExpected() {
    return reading == Reading.BODY && !readsPaused;
  }

  boolean bodyHeldBack() {
    return reading == Reading.BODY && readsPaused;
  }

  boolean watched() {
    return !closed && (!exchanges.isEmpty() || reading == Reading.BODY || headBegun());
  }

  void requestTooSlow() {
    refuse(HttpProblem.REQUEST_TIMEOUT);
    settle();
  }

  /** Handlers that have had their time, and those that let a body wait for as long. */
  void expireAnswers(boolean heldTooLong) {
    for (Http1Exchange exchange : exchanges.toArray(new Http1Exchange[0])) {
      boolean late = exchange.requestRead() ? exchange.timeLeft().isZero() : heldTooLong;
      if (late && !exchange.begun()) {
        exchange.expired();
      }
    }
  }

  // ---- the end

  private void end(CloseReason reason) {
    closed = true;
    abandonRest();
    close(reason);
  }

  private void abandonRest() {
    Http1Exchange waiting = next;
    next = null;
    if (waiting != null) {
      waiting.gone();
    }
    Http1Exchange exchange;
    while ((exchange = exchanges.poll()) != null) {
      exchange.gone();
    }
  }

  @Override
  public void inputClosed() {
    inputEnded = true;
    abandonHalfRequest();
    settle();
  }

  /** With no more input a request that is not whole never will be. */
  private void abandonHalfRequest() {
    Http1Exchange half = current;
    if (inputEnded && reading == Reading.BODY && half != null) {
      reading = Reading.REST;
      current = null;
      bodyHeld = false;
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
    idleGrace = context.drainIdleGrace();
    draining = true;
    settle();
  }

  /** Answers what was begun, and says in the last answer that the connection ends. */
  @Override
  public void closeSession() {
    idleGrace = Duration.ZERO;
    draining = true;
    settle();
  }

  /** From now on for as long as the grace. */
  private void awaitLastRequest() {
    if (idleEnd == null) {
      idleEnd = context.schedule(idleGrace, this::graceOver);
    }
  }

  private void graceOver() {
    idleEnd = null;
    if (!closed && nothingInHand()) {
      end(CloseReason.DRAINED);
    }
  }

  private boolean nothingInHand() {
    return exchanges.isEmpty() && next == null && reading != Reading.BODY && !headBegun();
  }

  /** Answers have an order: bytes from elsewhere would fall between them. */
  @Override
  public boolean sendData(ByteBuf data) {
    return false;
  }

  @Override
  public void writabilityChanged(boolean writable) {
    Http1Exchange first = exchanges.peek();
    if (writable && first != null) {
      first.writable();
    }
  }

  @Override
  protected void closed(CloseReason reason) {
    closed = true;
    deadlines.stop();
    abandonRest();
  }
}
