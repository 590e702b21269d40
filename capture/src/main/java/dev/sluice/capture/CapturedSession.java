// SPDX-License-Identifier: Apache-2.0
package dev.sluice.capture;

import dev.sluice.api.Transport;
import dev.sluice.capture.CaptureRecord.Bytes;
import dev.sluice.capture.CaptureRecord.Ended;
import dev.sluice.capture.CaptureRecord.Lost;
import dev.sluice.capture.CaptureRecord.OfSession;
import dev.sluice.capture.CaptureRecord.Opened;
import dev.sluice.capture.CaptureRecord.ProtocolUsed;
import dev.sluice.capture.CaptureRecord.Way;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One session of a capture.
 *
 * @param opened how it began
 * @param protocol what it is of
 * @param records all of its records, {@link Opened} first, in the order of their times: what it
 *     wrote stands between what it was given as it was when it wrote it
 */
public record CapturedSession(Opened opened, ProtocolUsed protocol, List<OfSession> records) {

  /**
   * Takes a copy, in order.
   *
   * @param opened as above
   * @param protocol as above
   * @param records as a file has them
   */
  public CapturedSession {
    records = inOrder(records);
  }

  /**
   * A file has what a session was given in one order and what it wrote in another, both right in
   * themselves: the second is that of the bytes on the wire, and a little late where another thread
   * wrote them.
   */
  private static List<OfSession> inOrder(List<OfSession> asRecorded) {
    List<OfSession> given = new ArrayList<>();
    List<OfSession> written = new ArrayList<>();
    for (OfSession record : asRecorded) {
      (isWritten(record) ? written : given).add(record);
    }
    List<OfSession> merged = new ArrayList<>(asRecorded.size());
    int next = 0;
    for (OfSession record : given) {
      boolean last = record instanceof Ended;
      while (next < written.size() && (last || written.get(next).nanos() < record.nanos())) {
        merged.add(written.get(next++));
      }
      merged.add(record);
    }
    merged.addAll(written.subList(next, written.size()));
    return List.copyOf(merged);
  }

  private static boolean isWritten(OfSession record) {
    return record instanceof Bytes bytes && bytes.way() == Way.WRITTEN;
  }

  /**
   * The connection's id.
   *
   * @return unique in the capture
   */
  public long id() {
    return opened.session();
  }

  /**
   * How it ended.
   *
   * @return empty where the capture ended first
   */
  public Optional<Ended> ended() {
    OfSession last = records.get(records.size() - 1);
    return last instanceof Ended end ? Optional.of(end) : Optional.empty();
  }

  /**
   * Whether records are missing: what is there is true, and can't be played again.
   *
   * @return whether any was dropped
   */
  public boolean hasGaps() {
    return records.stream().anyMatch(Lost.class::isInstance);
  }

  /**
   * What it wrote.
   *
   * @return on UDP the datagrams; on TCP all of it in one piece, or none
   */
  public List<byte[]> written() {
    List<byte[]> calls = calls(Way.WRITTEN);
    if (opened.transport() == Transport.UDP || calls.isEmpty()) {
      return calls;
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    calls.forEach(all::writeBytes);
    return List.of(all.toByteArray());
  }

  /**
   * What it was given, or wrote, call by call; chains are put together.
   *
   * @param way which of it
   * @return in order
   */
  public List<byte[]> calls(Way way) {
    List<byte[]> calls = new ArrayList<>();
    ByteArrayOutputStream call = new ByteArrayOutputStream();
    for (OfSession record : records) {
      if (record instanceof Bytes bytes && bytes.way() == way) {
        call.writeBytes(bytes.data());
        if (!bytes.more()) {
          calls.add(call.toByteArray());
          call.reset();
        }
      }
    }
    return calls;
  }
}
