// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.SessionWriter;

/** A session's writer as the rest of the transport sees it: it ends a connection and says why. */
interface EndingWriter extends SessionWriter {

  /** Why the connection ends. */
  CloseCause cause();

  /** In order, for whoever asks; any thread. */
  void close(Ending wanted);

  /** At once, for whoever asks; any thread. */
  void abort(Ending wanted);
}
