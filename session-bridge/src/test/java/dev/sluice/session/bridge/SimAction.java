// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.ArrayList;
import java.util.List;

/** What the code of a session may do of its own accord, well or badly. */
enum SimAction {
  NOTHING(1),
  WRITE(1),
  WRITE_TOLD(1),
  WRITE_MUCH(3),
  WRITE_EMPTY(3),
  WRITE_COMPOSITE(3),
  ECHO(2),
  CLOSE(3),
  ABORT(8),
  PAUSE(4),
  RESUME(2),
  SHUTDOWN(4),
  HOLD(3),
  HOLD_HUGE(10),
  CONSUME(2),
  EXECUTE(2),
  SCHEDULE(2),
  CANCEL(3),
  BUSY(4),
  AT_REST(2),
  THROW(6),
  THROW_ERROR(8),
  WRITE_FREED(8),
  RELEASE_WRITTEN(8),
  RELEASE_BORROWED(6),
  KEEP(3),
  FREE_KEPT(3),
  LEAK(8),
  WRITE_TO_OTHER(8),
  ASK(2),
  VERIFY_PEER(4);

  /** It is among what sessions do in one of so many runs. */
  private final int rarity;

  SimAction(int rarity) {
    this.rarity = rarity;
  }

  /** What sessions do in this run; runs that leave most things out reach further with the rest. */
  static SimAction[] some(Choices choices) {
    List<SimAction> some = new ArrayList<>();
    for (SimAction action : values()) {
      if (action.rarity == 1 || choices.oneIn(action.rarity)) {
        some.add(action);
      }
    }
    return some.toArray(SimAction[]::new);
  }
}
