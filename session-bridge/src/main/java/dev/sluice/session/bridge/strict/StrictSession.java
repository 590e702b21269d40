// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge.strict;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Session;
import dev.sluice.api.SessionContext;
import io.netty.buffer.ByteBuf;
import java.time.Duration;

/** Passes every call on to a session, and looks at what comes of it. In its order. */
final class StrictSession implements Session {

  private final Contract contract;
  private final Session session;
  private final SessionContext context;

  StrictSession(Contract contract, Session session, SessionContext context) {
    this.contract = contract;
    this.session = session;
    this.context = context;
  }

  @Override
  public void handleIncomingData(ByteBuf data) {
    contract.lend("handleIncomingData", data, context, session::handleIncomingData);
  }

  @Override
  public boolean sendData(ByteBuf data) {
    boolean[] taken = {false};
    contract.lend("sendData", data, context, copy -> taken[0] = session.sendData(copy));
    return taken[0];
  }

  @Override
  public void closeSession() {
    contract.askedToEnd();
    contract.call("closeSession", session::closeSession);
  }

  @Override
  public void incomingComplete() {
    contract.call("incomingComplete", session::incomingComplete);
  }

  @Override
  public void inputClosed() {
    contract.askedToEnd();
    contract.call("inputClosed", session::inputClosed);
  }

  @Override
  public void drainRequested(Duration deadline) {
    contract.askedToEnd();
    contract.call("drainRequested", () -> session.drainRequested(deadline));
  }

  @Override
  public void writabilityChanged(boolean writable) {
    contract.call("writabilityChanged", () -> session.writabilityChanged(writable));
  }

  @Override
  public void connectionClosed(CloseReason reason) {
    contract.ended();
    contract.call("connectionClosed", () -> session.connectionClosed(reason));
  }
}
