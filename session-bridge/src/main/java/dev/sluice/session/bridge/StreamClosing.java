// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import org.jspecify.annotations.Nullable;

/**
 * How a stream ends: one state, with a deadline each, looked at every tick. On the loop.
 *
 * <pre>
 *   state        what it waits for                     deadline                      leads to
 *   HANDSHAKING  TLS, or nothing                       handshake_timeout             OPEN
 *   OPEN         a close                               idle, slow consumer           FLUSHING
 *   FLUSHING     the kernel to take what was written,  no byte taken for the slow    ENDING
 *                input is dropped                      consumer's or the idle time
 *   ENDING       the wire to end our side              likewise                      LINGERING
 *   PARTING      the same, after a deadline            linger                        CLOSED
 *   LINGERING    the peer's end, input is read and     linger, in all                CLOSED
 *                thrown away: a close with unread
 *                input makes the kernel throw the
 *                answer away
 *   CLOSED       the wire's word that it is gone       none: closing waits for nobody
 * </pre>
 *
 * <p>{@link #closeNow} and {@link #reset} lead from any state to CLOSED. From FLUSHING on no more
 * than {@link #MOST_DISCARDED} bytes of input are read to be thrown away.
 */
final class StreamClosing {

  /** What a peer may still send once we are done with it. */
  static final long MOST_DISCARDED = 256L << 20;

  enum State {
    HANDSHAKING,
    OPEN,
    FLUSHING,
    ENDING,
    PARTING,
    LINGERING,
    CLOSED
  }

  private final StreamBridge bridge;
  private final StreamWire wire;
  private final Deadlines deadlines;
  private State state = State.HANDSHAKING;
  private long discarded;
  private boolean shutdownWanted;

  StreamClosing(StreamBridge bridge, StreamWire wire, Deadlines deadlines) {
    this.bridge = bridge;
    this.wire = wire;
    this.deadlines = deadlines;
  }

  /** Any thread; elsewhere than on the loop it may be a little old. */
  State state() {
    return state;
  }

  /** Likewise: no write is let in any more. */
  boolean begun() {
    return state.compareTo(State.OPEN) > 0;
  }

  boolean established() {
    return state != State.HANDSHAKING;
  }

  // ---- what is asked for

  void establish() {
    if (state == State.HANDSHAKING) {
      state = State.OPEN;
    }
  }

  /** Closes in order, after what was written. */
  void begin() {
    if (state == State.HANDSHAKING) {
      closeNow();
    } else if (state == State.OPEN) {
      flushOut();
      bridge.gate().openForDiscard();
      bridge.flushNow();
    }
  }

  /** Nothing can be encrypted any more: what was still goes out. */
  void encryptionEnded() {
    if (state == State.OPEN) {
      flushOut();
    }
  }

  private void flushOut() {
    state = State.FLUSHING;
    if (bridge.output().isEmpty()) {
      outputDrained();
    }
  }

  /** Ends our sending side behind what was written, and goes on reading. */
  void shutdownOutput() {
    if (state == State.OPEN) {
      shutdownWanted = true;
      bridge.flushNow();
      if (bridge.output().isEmpty()) {
        outputDrained();
      }
    }
  }

  /** A TLS alert stands in place of an answer: our side ends behind it. */
  void endBehindAlert() {
    if (state.compareTo(State.ENDING) < 0) {
      end(State.ENDING);
    }
  }

  /** Closes the socket; what the kernel has taken still goes out if all input was read. */
  void closeNow() {
    if (state != State.CLOSED) {
      state = State.CLOSED;
      bridge.gate().leave();
      wire.close();
    }
  }

  /** Closes the socket and throws away what the kernel still has. */
  void reset() {
    if (state != State.CLOSED) {
      state = State.CLOSED;
      bridge.gate().leave();
      wire.abort();
    }
  }

  // ---- what happens

  /** Everything that was written has been taken, or never will be. */
  void outputDrained() {
    if (state == State.FLUSHING) {
      end(State.ENDING);
    } else if (state == State.OPEN && shutdownWanted) {
      shutdownWanted = false;
      bridge.output().shut();
      wire.endOutput();
      if (bridge.inputEnded()) {
        closeNow();
      }
    }
  }

  private void end(State ending) {
    state = ending;
    wire.endOutput();
  }

  /** The wire has ended our side, or could not. */
  void outputEnded(boolean success) {
    if (state == State.PARTING) {
      closeNow();
    } else if (state == State.ENDING) {
      if (!success || bridge.inputEnded() || discarded > MOST_DISCARDED) {
        closeNow();
      } else {
        state = State.LINGERING;
        bridge.gate().openForDiscard();
      }
    }
  }

  /** Behind all of the peer's input. */
  void inputEnded() {
    if (state == State.LINGERING) {
      closeNow();
    }
  }

  /** Input that is not for anybody. */
  void discarded(int bytes) {
    discarded += bytes;
    if (discarded > MOST_DISCARDED) {
      if (state == State.FLUSHING || state == State.ENDING) {
        // What is still to be sent does not suffer for it.
        wire.reads(false);
      } else {
        closeNow();
      }
    }
  }

  void wireClosed() {
    if (bridge.loop().isShuttingDown() && !bridge.inputEnded()) {
      // A loop closes what it has when it stops, and no event tells of it.
      bridge.cause().loopStopped();
    }
    state = State.CLOSED;
    bridge.gate().leave();
  }

  // ---- deadlines

  void look(long now, boolean moved, boolean progressed) {
    switch (state) {
      case HANDSHAKING -> expire(deadlines.ofHandshake(now));
      case OPEN ->
          expire(
              deadlines.ofService(
                  now,
                  moved || progressed || bridge.gate().pausedByNode(),
                  progressed || bridge.writable(),
                  bridge.calls().busy(),
                  bridge.calls().silenceNanos(),
                  bridge.calls().idleNanos()));
      case FLUSHING, ENDING -> {
        Ending over = deadlines.ofFlush(now, State.FLUSHING, progressed);
        if (over != null) {
          bridge.cause().force(over);
          reset();
        }
      }
      case PARTING, LINGERING -> {
        if (deadlines.lingeredOut(now, state)) {
          closeNow();
        }
      }
      case CLOSED -> {}
    }
  }

  /** See {@link Deadlines#outputStandsFor}; 0 where nothing is written any more. */
  long outputStandsFor(long now) {
    return switch (state) {
      case OPEN, FLUSHING, ENDING -> deadlines.outputStandsFor(now);
      case HANDSHAKING, PARTING, LINGERING, CLOSED -> 0;
    };
  }

  /** Nothing is owed to a peer that has all: we say goodbye and do not wait for its answer. */
  private void expire(@Nullable Ending verdict) {
    if (verdict == null) {
      return;
    }
    bridge.cause().force(verdict);
    if (!bridge.output().isEmpty()) {
      reset();
    } else if (state == State.HANDSHAKING) {
      closeNow();
    } else {
      end(State.PARTING);
    }
  }
}
