// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Session;
import io.netty.buffer.ByteBuf;
import java.time.Duration;

/** Passes every call on to a session, and tells the observer what comes of it. In its order. */
final class ObservedSession implements Session {

  private final Session session;
  private final Observer observer;

  ObservedSession(Session session, Observer observer) {
    this.session = session;
    this.observer = observer;
  }

  @Override
  public void handleIncomingData(ByteBuf data) {
    observer.lend("handleIncomingData", data, () -> session.handleIncomingData(data));
  }

  @Override
  public boolean sendData(ByteBuf data) {
    if (observer.onlyAsks(data)) {
      return false;
    }
    observer.fromOutside(true);
    try {
      observer.lend("sendData", data, () -> observer.answered(session.sendData(data)));
    } finally {
      observer.fromOutside(false);
    }
    return observer.taken();
  }

  @Override
  public void closeSession() {
    observer.call("closeSession", session::closeSession);
  }

  @Override
  public void incomingComplete() {
    observer.call("incomingComplete", session::incomingComplete);
  }

  @Override
  public void inputClosed() {
    observer.call("inputClosed", session::inputClosed);
  }

  @Override
  public void drainRequested(Duration deadline) {
    observer.call("drainRequested", () -> session.drainRequested(deadline));
  }

  @Override
  public void writabilityChanged(boolean writable) {
    observer.call("writabilityChanged", () -> session.writabilityChanged(writable));
  }

  @Override
  public void connectionClosed(CloseReason reason) {
    try {
      observer.call("connectionClosed", () -> session.connectionClosed(reason));
    } finally {
      observer.told(reason);
    }
  }
}
