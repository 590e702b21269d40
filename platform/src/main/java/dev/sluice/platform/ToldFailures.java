// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import java.util.HashSet;
import java.util.Set;

/**
 * Failures of work that is done again and again, each kind of which is told once. Any thread.
 *
 * <p>Keeps names alone, so that no class of a plug-in's stays for having failed.
 */
public final class ToldFailures {

  /** Of kinds; more are not told, as some failure makes up a new one each time. */
  private static final int MOST = 16;

  // Guarded by itself.
  private final Set<String> kinds = new HashSet<>();

  /** None so far. */
  public ToldFailures() {}

  /**
   * Whether this one is to be told.
   *
   * @param failure its class is its kind
   * @return {@code true} for the first of its kind
   */
  public boolean isNew(Throwable failure) {
    synchronized (kinds) {
      return kinds.size() < MOST && kinds.add(failure.getClass().getName());
    }
  }
}
