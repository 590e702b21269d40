// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.replay;

import dev.sluice.session.bridge.SessionBridge;

/** What carries a session that is played. On the loop. */
sealed interface ReplayWire permits ReplayStream, ReplayDatagrams {

  SessionBridge bridge();

  /** The connection is there, as the capture has it. */
  void open();

  /** The peer has sent this; the session is called as soon as it wants input. */
  void deliver(byte[] data);

  /** The end of a pass of reading, if one is under way. */
  void passComplete();

  /** The peer ends its sending side. */
  void endInput();
}
