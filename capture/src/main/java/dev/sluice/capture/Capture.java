// SPDX-License-Identifier: Apache-2.0
package dev.sluice.capture;

import dev.sluice.capture.CaptureRecord.Bytes;
import dev.sluice.capture.CaptureRecord.Finished;
import dev.sluice.capture.CaptureRecord.Header;
import dev.sluice.capture.CaptureRecord.OfSession;
import dev.sluice.capture.CaptureRecord.Opened;
import dev.sluice.capture.CaptureRecord.ProtocolUsed;
import dev.sluice.capture.CaptureRecord.Way;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A whole capture in memory, by its sessions.
 *
 * @param header what it is
 * @param protocols what its sessions are of, by their numbers
 * @param sessions in the order in which they began
 * @param given what sessions were given, and how they ended, in the order of the file: that of time
 *     over all sessions
 * @param finished how the capture ended; empty where it was not able to, or is still written
 * @param cut the file ends within a record
 */
public record Capture(
    Header header,
    Map<Integer, ProtocolUsed> protocols,
    List<CapturedSession> sessions,
    List<OfSession> given,
    Optional<Finished> finished,
    boolean cut) {

  /**
   * Takes copies.
   *
   * @param header as above
   * @param protocols as above
   * @param sessions as above
   * @param given as above
   * @param finished as above
   * @param cut as above
   */
  public Capture {
    protocols = Map.copyOf(protocols);
    sessions = List.copyOf(sessions);
    given = List.copyOf(given);
  }

  /**
   * Reads a file, as far as there are whole records.
   *
   * @param file a capture
   * @return its sessions
   * @throws CaptureFormatException if it is no capture, or damaged
   * @throws IOException if it can't be read
   */
  public static Capture read(Path file) throws IOException {
    try (CaptureReader reader = CaptureReader.open(file)) {
      return new Collector(reader).collect();
    }
  }

  /**
   * Reads a stream to its end, as far as there are whole records.
   *
   * @param from closed behind it
   * @return its sessions
   * @throws CaptureFormatException if it is no capture, or damaged
   * @throws IOException if it can't be read
   */
  public static Capture read(InputStream from) throws IOException {
    try (CaptureReader reader = new CaptureReader(from)) {
      return new Collector(reader).collect();
    }
  }

  /**
   * One of its sessions.
   *
   * @param id the connection's
   * @return empty: there is none
   */
  public Optional<CapturedSession> session(long id) {
    return sessions.stream().filter(session -> session.id() == id).findFirst();
  }

  /**
   * As much of it as concerns some sessions.
   *
   * @param which of them
   * @return a copy
   */
  public Capture only(Predicate<CapturedSession> which) {
    List<CapturedSession> kept = sessions.stream().filter(which).toList();
    Set<Long> ids = kept.stream().map(CapturedSession::id).collect(Collectors.toSet());
    List<OfSession> theirs = given.stream().filter(one -> ids.contains(one.session())).toList();
    return new Capture(header, protocols, kept, theirs, finished, cut);
  }

  /** Puts records together, and refuses those that can't be. */
  private static final class Collector {

    private final CaptureReader reader;
    private final Map<Integer, ProtocolUsed> protocols = new HashMap<>();
    private final Map<Long, List<OfSession>> bySession = new LinkedHashMap<>();
    private final List<OfSession> given = new ArrayList<>();
    private @Nullable Finished finished;

    Collector(CaptureReader reader) {
      this.reader = reader;
    }

    Capture collect() throws IOException {
      long position = reader.position();
      for (CaptureRecord next = reader.next(); next != null; next = reader.next()) {
        take(next, position);
        position = reader.position();
      }
      List<CapturedSession> sessions = new ArrayList<>();
      for (List<OfSession> records : bySession.values()) {
        Opened opened = (Opened) records.get(0);
        ProtocolUsed protocol = protocols.get(opened.protocol());
        if (protocol != null) {
          sessions.add(new CapturedSession(opened, protocol, records));
        }
      }
      return new Capture(
          reader.header(), protocols, sessions, given, Optional.ofNullable(finished), reader.cut());
    }

    private void take(CaptureRecord record, long position) throws CaptureFormatException {
      if (record instanceof ProtocolUsed used) {
        protocols.put(used.number(), used);
      } else if (record instanceof Finished end) {
        finished = end;
      } else if (record instanceof OfSession of) {
        take(of, position);
      } else {
        throw new CaptureFormatException(position, "a second header");
      }
    }

    private void take(OfSession record, long position) throws CaptureFormatException {
      List<OfSession> records = bySession.get(record.session());
      if (record instanceof Opened opened) {
        if (records != null) {
          throw new CaptureFormatException(
              position, "session " + record.session() + " begins a second time");
        }
        if (!protocols.containsKey(opened.protocol())) {
          throw new CaptureFormatException(
              position, "session " + record.session() + " is of a protocol that was not named");
        }
        records = new ArrayList<>();
        bySession.put(record.session(), records);
      }
      if (records == null) {
        throw new CaptureFormatException(
            position, "session " + record.session() + " has not begun yet");
      }
      records.add(record);
      if (!(record instanceof Bytes bytes && bytes.way() == Way.WRITTEN)) {
        given.add(record);
      }
    }
  }
}
