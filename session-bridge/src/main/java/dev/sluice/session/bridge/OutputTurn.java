// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * How much a socket sends before its loop has looked at the other sockets again. To a peer that
 * takes all as fast as it comes there would be no end of it otherwise: what goes on sending is a
 * task of the loop, and those go before its sockets. On the loop.
 */
abstract class OutputTurn {

  /** Bytes. */
  private static final int TURN = 1 << 20;

  private int left = TURN;
  private boolean scheduled;

  abstract EventExecutor loop();

  /** The next turn has begun: what waits for it is sent. */
  abstract void flushInTurn();

  final void spend(int bytes) {
    left -= bytes;
  }

  /** Nothing more is sent before the next turn. */
  final boolean spent() {
    return left <= 0;
  }

  /** The turn is spent and more waits: goes on with the next one. */
  final void awaitNext() {
    if (scheduled) {
      return;
    }
    scheduled = true;
    try {
      // Not at once: unlike a task it then runs only after the loop has looked at its sockets.
      loop().schedule(this::begin, 0, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException loopHasEnded) {
      // Nothing is sent any more.
    }
  }

  private void begin() {
    scheduled = false;
    left = TURN;
    flushInTurn();
  }

  /** The loop has just looked at its sockets. */
  final void loopLooked() {
    if (!scheduled) {
      left = TURN;
    }
  }
}
