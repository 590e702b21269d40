// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.capture;

import dev.sluice.api.CaptureRedactor;
import dev.sluice.api.CaptureRedactor.Redaction;
import dev.sluice.capture.CaptureRecord;
import dev.sluice.capture.CaptureRecord.Bytes;
import dev.sluice.capture.CaptureRecord.Ended;
import dev.sluice.capture.CaptureRecord.Finished;
import dev.sluice.capture.CaptureRecord.Lost;
import dev.sluice.capture.CaptureRecord.Opened;
import dev.sluice.capture.CaptureWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread of a capture: redacts, writes, and ends it at its bounds. */
final class CaptureThread extends Thread {

  private static final Logger log = LoggerFactory.getLogger(NodeCaptures.class);

  /** What a record takes in the file beside its data, at most, where it has no texts. */
  private static final int RECORD = 64;

  private static final byte BLANK = '*';

  private final CaptureRun run;
  private final RecordQueue queue;
  private final CaptureWriter writer;
  private final Runnable afterwards;
  private final long began = System.nanoTime();

  private final Set<Integer> protocols = new HashSet<>();
  private final Set<RecordedSession> open = new LinkedHashSet<>();
  private int ended;
  private boolean broken;

  // Written here, read by views.
  private volatile long written;

  /**
   * @param file what the thread is named after
   * @param afterwards once the file is closed
   */
  CaptureThread(
      CaptureRun run, Path file, RecordQueue queue, CaptureWriter writer, Runnable afterwards) {
    super("sluice-capture-" + file.getFileName());
    setDaemon(true);
    // Not that of the plug-in that may have led here.
    setContextClassLoader(CaptureThread.class.getClassLoader());
    this.run = run;
    this.queue = queue;
    this.writer = writer;
    this.afterwards = afterwards;
    this.written = writer.written();
  }

  long written() {
    return written;
  }

  @Override
  public void run() {
    try {
      writeAll();
    } catch (Throwable failure) {
      run.fail("it can't be written: " + failure);
    } finally {
      finish();
    }
  }

  private void writeAll() throws IOException {
    while (true) {
      Recording next = queue.poll();
      if (next != null) {
        take(next);
      } else if (run.over()) {
        return;
      } else {
        writer.flush();
        long left = run.bounds().time().toNanos() - (System.nanoTime() - began);
        if (left <= 0) {
          run.end("time");
        } else {
          queue.await(left);
        }
      }
    }
  }

  private void take(Recording next) throws IOException {
    if (broken) {
      return;
    }
    CaptureRecord record = next.record();
    if (run.bounds().bytes() - writer.written() < room(next)) {
      run.end("bytes");
      broken = true;
      return;
    }
    if (record instanceof Opened) {
      begin(next.session());
    }
    if (record instanceof Lost) {
      next.session().gap();
    }
    if (record instanceof Bytes bytes && !redacted(next.session(), bytes)) {
      broken = true;
      return;
    }
    writer.write(record);
    written = writer.written();
    if (record instanceof Ended) {
      open.remove(next.session());
      ended++;
      if (ended == run.bounds().connections()) {
        run.end("connections");
      }
    }
    if (System.nanoTime() - began > run.bounds().time().toNanos()) {
      run.end("time");
    }
  }

  /** With the record of the capture's end behind it. */
  private long room(Recording next) {
    CaptureRecord record = next.record();
    if (record instanceof Bytes bytes) {
      // Long data is a chain of records.
      long data = bytes.data().length;
      return data + (data >> 14) + 2 * RECORD;
    }
    long room = CaptureWriter.sizeOf(record) + (long) RECORD;
    boolean first = record instanceof Opened opened && !protocols.contains(opened.protocol());
    return first ? room + CaptureWriter.sizeOf(next.session().protocol().used()) : room;
  }

  private void begin(RecordedSession session) throws IOException {
    open.add(session);
    if (protocols.add(session.protocol().used().number())) {
      writer.write(session.protocol().used());
    }
  }

  /** False: it failed, and the bytes must not be written. */
  private boolean redacted(RecordedSession session, Bytes bytes) {
    CaptureRedactor redactor = session.protocol().redactor().orElse(null);
    if (redactor == null) {
      return true;
    }
    if (session.hasGap()) {
      // What the redactor has not seen may be what it would know the rest by.
      Arrays.fill(bytes.data(), BLANK);
      return true;
    }
    setContextClassLoader(session.protocol().classLoader());
    try {
      Redaction redaction = session.redaction();
      if (redaction == null) {
        redaction = redactor.begin();
        session.redactBy(redaction);
      }
      switch (bytes.way()) {
        case DELIVERED -> redaction.received(bytes.data());
        case WRITTEN -> redaction.sent(bytes.data());
        case OUTSIDE -> redaction.outside(bytes.data());
      }
      return true;
    } catch (Throwable thrown) {
      run.fail("the redactor of " + session.protocol().used().name() + " failed: " + name(thrown));
      return false;
    } finally {
      setContextClassLoader(CaptureThread.class.getClassLoader());
    }
  }

  /** Its words may hold what was to be secret. */
  private static String name(Throwable thrown) {
    return thrown.getClass().getName();
  }

  private void finish() {
    String why = String.valueOf(run.overBy());
    try (writer) {
      long now = System.nanoTime() - began;
      for (RecordedSession session : open) {
        Lost lost = session.takeLost(now);
        if (lost != null && run.bounds().bytes() - writer.written() >= 2 * RECORD) {
          writer.write(lost);
        }
      }
      writer.write(new Finished(now, why, open.size() + (long) ended));
      written = writer.written();
    } catch (Throwable failure) {
      run.fail("it can't be written: " + failure);
    } finally {
      run.closed();
      tell(why);
      afterwards.run();
      run.ended();
    }
  }

  private void tell(String why) {
    CaptureStatus status = run.status();
    log.warn(
        "capture {} of {} has ended ({}{}): {} connections, {} bytes, {} records lost, in {}; it holds"
            + " what was said in the clear",
        status.id(),
        status.interfaceName(),
        why,
        status.problem().map(what -> ": " + what).orElse(""),
        status.connections(),
        status.bytes(),
        status.lostRecords(),
        status.file());
  }
}
