// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.CloseReason;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Why one connection ends: set once, by whoever asks for a close first, on any thread. Null as long
 * as nobody has.
 */
final class CloseCause extends AtomicReference<@Nullable Ending> {

  private static final long serialVersionUID = 1;

  // What the peer's end looked like; stands where nobody asked for a close. Written on the loop,
  // read in the session's order.
  private transient volatile Ending peerEnding = Ending.PEER_CLOSED;

  // Why the node has asked the session to end. Any thread writes; read where the session closes.
  private transient volatile @Nullable String askedToEnd;

  // The limit that cut short a close which something else had begun. Any thread writes; for the
  // record.
  private transient volatile @Nullable String cutShort;

  CloseCause() {
    super(null);
  }

  /** The first one given stands; whether it was this one. */
  boolean request(Ending wanted) {
    return compareAndSet(null, wanted);
  }

  /** Before the end at once: for this, or if a close is under way already, that is cut short. */
  void force(Ending wanted) {
    if (!request(wanted) && cutShort == null) {
      cutShort = wanted.limit();
    }
  }

  boolean requested() {
    return get() != null;
  }

  /** Why the connection ended, or will. */
  Ending ending() {
    Ending asked = get();
    return asked == null ? peerEnding : asked;
  }

  @Nullable String cutShort() {
    return cutShort;
  }

  /** On the loop: the peer, or the network, broke the connection off. */
  void peerReset(Ending reset) {
    peerEnding = reset;
  }

  /** On the loop: bytes could not be sent, which tells less than a failure to read. */
  void outputFailed() {
    if (peerEnding.reason().equals(CloseReason.PEER_CLOSED)) {
      peerEnding = Ending.PEER_RESET;
    }
  }

  /** On the loop: the wire has closed since the loop is at its end, which is no doing of a peer. */
  void loopStopped() {
    if (peerEnding.reason().equals(CloseReason.PEER_CLOSED)) {
      request(Ending.LOOP_STOPPED);
    }
  }

  /** The node is about to ask the session to end. */
  void askedToEnd(String why) {
    askedToEnd = why;
  }

  /** What it means that the session closes for this reason. */
  Ending ofSession(CloseReason reason, boolean inputEnded) {
    if (reason.equals(CloseReason.SESSION_CLOSED)) {
      // A session that only follows the peer's end, or the node's wish, did not begin the close.
      if (inputEnded) {
        return Ending.PEER_CLOSED;
      }
      String asked = askedToEnd;
      if (asked != null) {
        return Ending.asked(asked);
      }
    }
    return Ending.of(reason);
  }
}
