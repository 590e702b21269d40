// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.CloseReason;
import dev.sluice.api.TlsInfo;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Optional;

/** The wire of a stream in memory, its kernel, and the peer at its other end. */
final class SimWire extends SimOutput {

  private static final TlsInfo TLS =
      new TlsInfo("TLSv1.3", "X", Optional.empty(), Optional.empty(), Optional.empty(), List.of());

  boolean openerHeard;

  // The peer's side: bytes that it sent, and how many of them were told.
  private long sentByPeer;
  private long read;
  private boolean ended;
  private boolean endTold;
  private boolean reset;

  // The stages of its life.
  private boolean registered;
  private boolean closedTold;
  private boolean goneTold;
  private boolean reads = true;
  private boolean restedOnce;
  private boolean inPass;

  SimWire(Simulation sim, SimEndpoint home, SimLoop loop) {
    super(sim, home, loop);
  }

  long sentByPeer() {
    return sentByPeer;
  }

  /** What the bridge was told of. */
  long read() {
    return read;
  }

  boolean isSwept() {
    return registered && !closedTold;
  }

  boolean isOver() {
    return goneTold && registered;
  }

  // ---- what may happen next

  /** One event; those of the loop only where it is free. */
  void step() {
    int roll = choices.below(20);
    if (roll >= 17) {
      peerActs(roll == 19);
    } else if (!loop.thread.busy) {
      sim.as(loop.thread, () -> loopEvent(roll));
    }
  }

  private void peerActs(boolean rare) {
    if (ended || reset) {
      return;
    }
    if (!rare || !choices.oneIn(3)) {
      sentByPeer += 1 + choices.below(choices.oneIn(4) ? sim.scale() : 60);
    } else if (choices.oneIn(3)) {
      reset = true;
    } else {
      ended = true;
    }
  }

  private void loopEvent(int roll) {
    if (sim.tracing()) {
      sim.trace(
          this + " event " + roll + (reads ? "" : ", rests") + ", " + bridge.closing().state());
    }
    if (!registered) {
      register();
    } else if (!open) {
      finishClosing();
    } else if (secure && !bridge.established()) {
      handshake();
    } else if (roll < 6) {
      pass(false);
    } else if (roll < 12) {
      take(1 + choices.below(sim.scale()));
    } else if (roll < 14) {
      answerEnd();
    } else if (roll == 14) {
      if (reset || choices.oneIn(12)) {
        breakDown();
      }
    } else {
      peerActs(false);
      pass(false);
    }
  }

  /** Brings everything about that does not wait for the peer. False: there was nothing. */
  boolean settle() {
    if (isOver() || loop.thread.busy) {
      return false;
    }
    boolean[] did = new boolean[1];
    sim.as(
        loop.thread,
        () -> {
          did[0] = true;
          if (!registered) {
            register();
          } else if (!open) {
            finishClosing();
          } else if (!deaf && flushed > 0) {
            take(1 << 20);
          } else if (endsAsked > 0 && flushed == 0) {
            answerEnd();
          } else if (reset) {
            breakDown();
          } else if (bridge.established() && reads && (read < sentByPeer || (ended && !endTold))) {
            pass(true);
          } else {
            did[0] = false;
          }
        });
    return did[0];
  }

  /** The thread that made it finds no loop for it. */
  void failToRegister() {
    if (open && !registered) {
      orphaned = true;
      registered = true;
      bridge.failed(Ending.of(CloseReason.INTERNAL_ERROR), false);
      while (!goneTold) {
        finishClosing();
      }
    }
  }

  private void register() {
    registered = true;
    bridge.registered();
    if (open && !secure) {
      bridge.servedWith(new CertificateVersion("c", sim.generation()));
      bridge.established(null);
    }
  }

  private void handshake() {
    if (reset || (ended && choices.oneIn(2))) {
      bridge.failed(Ending.of(CloseReason.TLS_ERROR), true);
      return;
    }
    deadlines.moved();
    bridge.bytesArrived();
    if (choices.oneIn(8)) {
      if (bridge.failedTls(
          EndpointMetrics.Errors.TLS_HANDSHAKE, Ending.of(CloseReason.TLS_ERROR))) {
        alert = true;
        bridge.alertWritten();
      }
    } else if (choices.oneIn(2)) {
      bridge.established(TLS);
    }
  }

  private void breakDown() {
    if (reset) {
      bridge.failed(Ending.PEER_RESET, true);
    } else if (secure && choices.oneIn(2)) {
      bridge.failedTls(EndpointMetrics.Errors.TLS_RECORD, Ending.of(CloseReason.TLS_ERROR));
      alert = true;
      bridge.flushBeforeAlert();
      bridge.alertWritten();
    } else {
      failOutput();
    }
  }

  // ---- input

  private void pass(boolean whole) {
    if (inPass || reset) {
      return;
    }
    if (!reads) {
      // What was taken off the socket already, once.
      if (restedOnce || !choices.oneIn(4)) {
        return;
      }
      restedOnce = true;
    }
    if (read == sentByPeer && !(ended && !endTold)) {
      return;
    }
    inPass = true;
    for (int parts = 1 + choices.below(3); parts > 0 && read < sentByPeer && open; parts--) {
      int most = whole ? sim.scale() : 1 + choices.below(sim.scale());
      int bytes = (int) Math.min(sentByPeer - read, most);
      deadlines.moved();
      if (bridge.lingering()) {
        read += bytes;
        bridge.discarded(bytes);
      } else {
        ByteBuf data = content((int) (read % PERIOD), bytes);
        read += bytes;
        bridge.received(data);
      }
      sim.interleave();
    }
    inPass = false;
    bridge.passComplete();
    if (open && read == sentByPeer && ended && !endTold) {
      tellEnd();
    }
  }

  private void tellEnd() {
    endTold = true;
    if (!secure || choices.oneIn(2)) {
      bridge.peerEnded();
      return;
    }
    if (choices.oneIn(2)) {
      bridge.flushBeforeAlert();
    }
    if (choices.oneIn(4)) {
      bridge.endedDoubtfully(Ending.of(CloseReason.TLS_ERROR));
    }
    if (open) {
      encryptionOver = true;
      bridge.encryptionEnded();
    }
  }

  @Override
  public void reads(boolean wanted) {
    checkOnLoop("reads");
    reads = wanted;
    restedOnce = false;
    sim.interleave();
  }

  // ---- the end

  @Override
  public void close() {
    shut();
  }

  @Override
  public void abort() {
    shut();
  }

  private void shut() {
    checkOnLoop("close");
    if (!open) {
      return;
    }
    open = false;
    if (choices.oneIn(2)) {
      finishClosing();
    }
    sim.interleave();
  }

  /** The next step of the end. */
  private void finishClosing() {
    if (!closedTold) {
      closedTold = true;
      bridge.wireClosed();
    } else if (!pieces.isEmpty()) {
      failOutput();
    } else if (!goneTold && !inPass) {
      goneTold = true;
      bridge.wireGone();
    }
    if (!goneTold && choices.oneIn(2)) {
      finishClosing();
    }
  }

  /** What waits for the session, beyond what it has declared itself. */
  long queuedIn() {
    return bridge.gate().waiting() - bridge.heldInput().bytes();
  }

  @Override
  void checkAtRest() {
    if (open && !deaf && !outputFailed && bridge.figures().queuedOut() > 0) {
      sim.fail(this + ": its output stands still, " + bridge.output());
    }
    if (bridge.closing().state() == StreamClosing.State.OPEN && !bridge.choosing()) {
      super.checkAtRest();
    }
  }

  @Override
  public String toString() {
    return (secure ? "tls" : "tcp") + (bridge == null ? "?" : bridge.id().value());
  }
}
