// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import java.nio.file.AccessDeniedException;

/** Puts what went wrong into one line. */
final class Reasons {

  /** A load report is for reading; the whole text is in the debug log. */
  private static final int LONGEST = 300;

  private Reasons() {}

  /** Careful: the message of a plug-in's own exception is the plug-in's code. */
  static String of(Throwable failure) {
    if (failure instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (failure instanceof NoClassDefFoundError && failure.getCause() != null) {
      // Says which jar, too.
      return of(failure.getCause());
    }
    String type = failure.getClass().getSimpleName();
    try {
      String message = failure.getMessage();
      if (message == null && failure.getCause() != null) {
        return type + ", caused by " + of(failure.getCause());
      }
      return message == null || message.isBlank() ? type : type + ": " + line(message);
    } catch (Throwable e) {
      return type;
    }
  }

  /** The text without line ends or other control characters, cut where it is too long. */
  static String line(String text) {
    String plain = text.strip().replaceAll("[\\p{Cntrl}\\p{Zl}\\p{Zp}]+", " ");
    return plain.length() <= LONGEST ? plain : plain.substring(0, LONGEST) + "…";
  }
}
