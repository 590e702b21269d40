// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import java.time.Duration;

/**
 * What the node asks of a connection, fired through its pipeline as a user event. A handler that
 * takes it, by not passing it on, answers for it; where none does the channel is closed after what
 * was written.
 */
public sealed interface NodeRequest {

  /** Finish what is in hand and close, see {@link dev.sluice.api.Session#closeSession}. */
  record Close() implements NodeRequest {}

  /**
   * The node is going to stop, see {@link dev.sluice.api.Session#drainRequested}.
   *
   * @param deadline how long from now the node waits
   */
  record Drain(Duration deadline) implements NodeRequest {}
}
