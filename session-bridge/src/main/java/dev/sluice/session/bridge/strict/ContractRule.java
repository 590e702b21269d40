// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge.strict;

import java.util.Locale;

/** What a session owes the node, as far as it can be looked at while the node is at work. */
public enum ContractRule {
  /** A call on an event loop has taken too long. */
  EVENT_LOOP_BLOCKED,

  /** A session has written after it had asked for the close, or had heard of the end. */
  WRITE_AFTER_CLOSE,

  /** A session has written on while it was not writable. */
  WRITE_NOT_WRITABLE,

  /** A session has written a buffer that was released. */
  RELEASED_WRITTEN,

  /** A session has released a buffer that it had borrowed. */
  RELEASED_BORROWED,

  /** A session has used a buffer after the call that had lent it, without retaining it. */
  KEPT_BORROWED,

  /** A session has used its writer with the id of another connection. */
  WRONG_ID,

  /** A session has closed its connection with input that it had held and not given back. */
  HELD_AT_END,

  /** A session has handed in a task after it had heard of the end. */
  TASK_AFTER_END;

  /**
   * What counts it, see {@link dev.sluice.api.SessionContext#count}.
   *
   * @return {@code contract_} and the {@link #code}
   */
  public String counter() {
    return "contract_" + code();
  }

  /**
   * As the log names it.
   *
   * @return in lower case
   */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
