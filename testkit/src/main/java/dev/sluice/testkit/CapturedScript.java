// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.Transport;
import dev.sluice.capture.Capture;
import dev.sluice.capture.CaptureRecord.Bytes;
import dev.sluice.capture.CaptureRecord.Ended;
import dev.sluice.capture.CaptureRecord.Event;
import dev.sluice.capture.CaptureRecord.OfSession;
import dev.sluice.capture.CaptureRecord.What;
import dev.sluice.capture.CapturedSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Makes a script of a recorded session. */
final class CapturedScript {

  /** An answer that came later than this may have waited for a timer. */
  private static final long SLOW = Duration.ofMillis(100).toNanos();

  private CapturedScript() {}

  /** The only session of the file. */
  static CapturedSession only(Path file) {
    List<CapturedSession> sessions = read(file).sessions();
    if (sessions.size() != 1) {
      throw new IllegalArgumentException(
          file
              + " has "
              + sessions.size()
              + " sessions, say which: "
              + sessions.stream().map(CapturedSession::id).toList());
    }
    return sessions.get(0);
  }

  static CapturedSession session(Path file, long id) {
    return read(file)
        .session(id)
        .orElseThrow(
            () -> new IllegalArgumentException("there is no session " + id + " in " + file));
  }

  private static Capture read(Path file) {
    try {
      return Capture.read(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void addTo(ConversationScript.Builder script, CapturedSession session) {
    if (session.opened().transport() == Transport.UDP) {
      throw new IllegalArgumentException(
          "session " + session.id() + " is one of datagrams, and a script is that of a stream");
    }
    if (session.hasGaps()) {
      throw new IllegalArgumentException(
          "parts of session " + session.id() + " were not recorded: it can't be said again");
    }
    long sentAt = 0;
    boolean waited = true;
    for (OfSession record : session.records()) {
      if (record instanceof Bytes bytes) {
        switch (bytes.way()) {
          case DELIVERED -> {
            script.send(bytes.data());
            sentAt = bytes.nanos();
            waited = false;
          }
          case WRITTEN -> {
            script.expect(bytes.data());
            if (!waited && bytes.nanos() - sentAt >= SLOW) {
              waited = true;
              script.elapse(Duration.ofNanos(bytes.nanos() - sentAt).plusMillis(1));
            }
          }
          case OUTSIDE ->
              throw new IllegalArgumentException(
                  "session "
                      + session.id()
                      + " sent what others gave it: a script has no such step");
        }
      }
    }
    if (closedByItself(session)) {
      script.serverCloses();
    }
  }

  /** Neither asked to, nor since its peer had ended. */
  private static boolean closedByItself(CapturedSession session) {
    Optional<Ended> end = session.ended();
    return end.isPresent()
        && end.get().by().equals("SESSION")
        && session.records().stream()
            .noneMatch(record -> record instanceof Event event && event.what() == What.INPUT_ENDED);
  }
}
