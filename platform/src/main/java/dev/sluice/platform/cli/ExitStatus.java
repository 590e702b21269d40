// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

/** What the process ends with. */
public final class ExitStatus {

  /** All went well. */
  public static final int OK = 0;

  /** The system, or Sluice itself, failed. */
  public static final int FAILURE = 1;

  /** The configuration or the command line is wrong: trying again won't help. */
  public static final int CONFIGURATION = 2;

  private ExitStatus() {}
}
