// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import dev.sluice.capture.Capture;
import dev.sluice.capture.CaptureFormatException;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A capture that was named on the command line. */
final class CaptureFile {

  private CaptureFile() {}

  /**
   * @param session the only one that is wanted; null: all
   * @throws CommandFailure if it can't be read, or has no such session
   */
  static Capture read(Path file, @Nullable Long session) {
    Capture capture;
    try {
      capture = Capture.read(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
    if (session == null) {
      return capture;
    }
    if (capture.session(session).isEmpty()) {
      throw new CommandFailure(
          ExitStatus.CONFIGURATION, file + ": there is no session " + session + " in it");
    }
    return capture.only(one -> one.id() == session);
  }

  static CommandFailure unreadable(Path file, IOException e) {
    String what = FailureText.of(e);
    return new CommandFailure(
        ExitStatus.CONFIGURATION, e instanceof CaptureFormatException ? file + ": " + what : what);
  }
}
