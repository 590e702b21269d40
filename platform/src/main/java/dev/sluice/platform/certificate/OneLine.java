// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.certificate;

/** What others wrote, fit for a line of a log. */
final class OneLine {

  private static final int LONGEST = 400;

  private OneLine() {}

  static String of(String text) {
    String line = text.strip().replaceAll("[\\p{Cntrl}\\u2028\\u2029]+", " ");
    return line.length() > LONGEST ? line.substring(0, LONGEST) + "..." : line;
  }

  /** The first cause that says something. */
  static String rootOf(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return of(String.valueOf(cause.getMessage()));
  }
}
