// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

/** Where a session's writes are made. */
enum WritesFrom {
  SESSION,
  LOOP_TASK,
  SESSION_TASK,
  OTHER_THREAD;

  /** From within a call into the session. */
  void make(ScriptedProtocol.Conn session, Runnable writes) {
    switch (this) {
      case SESSION -> writes.run();
      case LOOP_TASK -> session.context.executor().execute(writes);
      case SESSION_TASK -> session.context.execute(writes);
      case OTHER_THREAD ->
          WireClient.later(
              () -> {
                writes.run();
                return null;
              });
    }
  }
}
