// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.RequestHead;
import dev.sluice.protocol.http.RpcDispatcher;
import io.netty.buffer.ByteBuf;
import java.time.Duration;

/** A request of one connection: its body, its limits, and what refuses it. */
final class Http1Exchange extends Http1Answer {

  private final Http1Session session;
  private final IncomingBody body;

  Http1Exchange(
      Http1Session session, RequestHead head, IncomingBody body, ConnId id, SessionWriter writer) {
    super(session, head, id, writer);
    this.session = session;
    this.body = body;
  }

  // ---- for the session

  boolean safe() {
    return head().isSafe();
  }

  boolean keepAlive() {
    return head().keepAlive();
  }

  RequestHead request() {
    return head();
  }

  IncomingBody incoming() {
    return body;
  }

  void arrived(ByteBuf data, boolean last) {
    boolean unused = bodyArrived(data, last);
  }

  void trailers(RpcHeaders fields) {
    trailersArrived(fields);
  }

  void hasNoBody() {
    requestEnded();
  }

  boolean requestRead() {
    return bodyEnded();
  }

  /** A look at the time: its own, and that for which its body was held back. */
  void look(long now, long heldFor) {
    boolean late =
        requestRead() ? timeLeft().isZero() : heldFor >= limits().requestTimeout().toNanos();
    if (late && !answerBegun()) {
      timeOut();
    } else if (!complete() && ownLimits().areOver(now, session.moved())) {
      rested();
    }
  }

  /** The client sees that the end is missing where its answer was begun. */
  private void rested() {
    if (!answerBegun()) {
      timeOut();
    } else {
      connection().count("request_idle");
      closeFor(CloseReason.IDLE_TIMEOUT);
      cancel(CancelReason.TIMEOUT);
      breakOff();
    }
  }

  /** The least rate of its body. */
  long minBodyRate() {
    return limits().minBodyRate().bytes();
  }

  /** For so long its connection may be silent. */
  Duration silence() {
    return ownLimits().silence();
  }

  /** Its application's limits are known. */
  void limited(Deadlines deadlines) {
    if (!silence().isZero()) {
      Duration answer = limits().requestTimeout();
      deadlines.lookFor(answer);
      deadlines.lookFor(ownLimits().idleTimeout(answer));
    }
    body.limit(limits().maxBodySize().bytes());
  }

  /** The request is broken or came too late: its answer, in the application's place. */
  void refuseFor(HttpProblem problem) {
    closeFor(CloseReason.PROTOCOL_ERROR);
    refuse(problem);
  }

  /** For a request that no application hears of. */
  void answerRefused(HttpProblem problem) {
    closeFor(CloseReason.PROTOCOL_ERROR);
    answer(RpcDispatcher.refusal(problem).closeConnection());
  }

  /** Its request will never be whole: the connection ends in the place of an answer. */
  void abandon() {
    closeBehind();
    gone();
  }

  // ---- for its answer

  @Override
  boolean bodyBegun() {
    return body.begun();
  }

  @Override
  boolean unreadIsTooMuch(boolean continued) {
    return !bodyEnded() && body.leavesTooMuch(head().expectsContinue() && !continued);
  }

  @Override
  protected void refuseBody() {
    session.refuse(HttpProblem.BODY_TOO_LARGE);
  }

  @Override
  protected void holdBody() {
    session.holdBody(this, true);
  }

  @Override
  protected void releaseBody() {
    session.holdBody(this, false);
  }
}
