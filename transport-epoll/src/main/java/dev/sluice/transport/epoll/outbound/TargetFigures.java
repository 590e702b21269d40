// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.outbound;

import java.util.Map;

/**
 * What is counted of the connections to one target, at about one moment.
 *
 * @param name the target, as {@code host:port}; {@link TargetTable#OTHER} for all that have no
 *     figures of their own
 * @param open connections now, attempts included
 * @param attempts to open one
 * @param failures of them, by kind
 * @param pooled connections that clients keep for it, used or not
 * @param connecting attempts of those clients that are under way
 * @param requests under way on those connections
 * @param waiting requests that wait for one of them
 */
public record TargetFigures(
    String name,
    int open,
    long attempts,
    Map<String, Long> failures,
    int pooled,
    int connecting,
    int requests,
    int waiting) {

  /**
   * All failures.
   *
   * @return of whatever kind
   */
  public long failed() {
    return failures.values().stream().mapToLong(Long::longValue).sum();
  }
}
