// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Says what went wrong in words for an operator. */
final class FailureText {

  private FailureText() {}

  /** The lines of a message, each so that one knows whose it is. */
  static void print(PrintWriter err, String message) {
    message.lines().forEach(line -> err.println("sluice: " + line));
    err.flush();
  }

  static String of(Throwable failure) {
    if (failure instanceof FileSystemException e && e.getReason() == null) {
      // These have the file for a message, and what is wrong with it only in their names.
      return e.getFile() + ": " + reason(e);
    }
    String message = failure.getMessage();
    if (message != null && !message.isBlank()) {
      // A missing class, for one, has nothing but its name for a message.
      return failure instanceof Error
          ? failure.getClass().getSimpleName() + ": " + message
          : message;
    }
    return failure.getClass().getName();
  }

  private static String reason(FileSystemException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file or folder";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    return e instanceof FileAlreadyExistsException
        ? "is there already"
        : e.getClass().getSimpleName();
  }
}
