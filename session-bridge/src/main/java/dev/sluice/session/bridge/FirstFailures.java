// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which failures of an interface's sessions the log has seen. Clients may bring a session's failure
 * about as often as they like, so that only the first of each kind is told, and few kinds. Any
 * thread.
 */
final class FirstFailures {

  /** Kinds beyond these are not told. */
  private static final int KINDS = 32;

  private final Set<String> seen = ConcurrentHashMap.newKeySet();

  /** Whether it is the first of its kind: of the protocol, of the call, and of what was thrown. */
  boolean isFirst(String protocol, String call, Throwable thrown) {
    String kind = protocol + ' ' + call + ' ' + thrown.getClass().getName();
    // Several threads at once may bring a few more than the bound.
    return !seen.contains(kind) && seen.size() < KINDS && seen.add(kind);
  }
}
