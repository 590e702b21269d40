// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.capture;

import dev.sluice.api.CaptureRedactor.Redaction;
import dev.sluice.capture.CaptureRecord;
import dev.sluice.capture.CaptureRecord.Bytes;
import dev.sluice.capture.CaptureRecord.Ended;
import dev.sluice.capture.CaptureRecord.Lost;
import dev.sluice.capture.CaptureRecord.OfSession;
import dev.sluice.capture.CaptureRecord.Opened;
import dev.sluice.capture.CaptureRecord.Way;
import dev.sluice.session.bridge.Ending;
import dev.sluice.session.bridge.SessionTap;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Copies what one session is given and writes into the queue of its capture. Any thread. */
final class RecordedSession implements SessionTap {

  private final CaptureRun run;
  private final RecordQueue queue;
  private final long id;
  private final RecordedProtocol protocol;

  // What has found no room since the last one that did; the two need not be of one moment.
  private final AtomicLong lostRecords = new AtomicLong();
  private final AtomicLong lostBytes = new AtomicLong();

  // The writer's only.
  private @Nullable Redaction redaction;
  private boolean gap;

  RecordedSession(CaptureRun run, RecordQueue queue, RecordedProtocol protocol, Opened opened) {
    this.run = run;
    this.queue = queue;
    this.id = opened.session();
    this.protocol = protocol;
    queue.putAnyway(new Recording(this, opened));
  }

  RecordedProtocol protocol() {
    return protocol;
  }

  /** By the writer: something of it is not in the file. */
  void gap() {
    gap = true;
  }

  /** By the writer. */
  boolean hasGap() {
    return gap;
  }

  @Nullable Redaction redaction() {
    return redaction;
  }

  void redactBy(Redaction begun) {
    redaction = begun;
  }

  // ---- what is heard

  @Override
  public boolean delivered(long at, ByteBuf data) {
    return bytes(at, Way.DELIVERED, data);
  }

  @Override
  public boolean outside(long at, ByteBuf data) {
    return bytes(at, Way.OUTSIDE, data);
  }

  @Override
  public boolean written(long at, ByteBuf data) {
    return bytes(at, Way.WRITTEN, data);
  }

  private boolean bytes(long at, Way way, ByteBuf data) {
    if (run.over()) {
      return false;
    }
    int length = data.readableBytes();
    if (queue.reserve(length)) {
      byte[] copy = new byte[length];
      data.getBytes(data.readerIndex(), copy);
      put(new Bytes(run.since(at), id, way, false, copy), length);
    } else {
      lose(length);
    }
    return true;
  }

  @Override
  public boolean event(long at, Event what, long amount) {
    if (run.over()) {
      return false;
    }
    if (queue.reserve(0)) {
      CaptureRecord.What named = CaptureRecord.What.valueOf(what.name());
      put(new CaptureRecord.Event(run.since(at), id, named, amount), 0);
    } else {
      lose(0);
    }
    return true;
  }

  private void put(OfSession record, int bytes) {
    putLost(record.nanos());
    queue.put(new Recording(this, record), bytes);
  }

  private void lose(int bytes) {
    // In this order, so that bytes are never left behind without a record.
    lostBytes.addAndGet(bytes);
    lostRecords.incrementAndGet();
    run.lost(bytes);
  }

  private void putLost(long nanos) {
    Lost lost = takeLost(nanos);
    if (lost != null) {
      queue.putAnyway(new Recording(this, lost));
    }
  }

  /** What was lost since it was last asked for; null: nothing. */
  @Nullable Lost takeLost(long nanos) {
    if (lostRecords.get() == 0) {
      return null;
    }
    long records = lostRecords.getAndSet(0);
    return records == 0 ? null : new Lost(nanos, id, records, lostBytes.getAndSet(0));
  }

  @Override
  public void ended(long at, Ending ending) {
    if (!run.over()) {
      long nanos = run.since(at);
      putLost(nanos);
      String limit = ending.limit() == null ? "" : ending.limit();
      String detail = ending.detail() == null ? "" : ending.detail();
      String reason = ending.reason().code();
      queue.putAnyway(
          new Recording(this, new Ended(nanos, id, reason, ending.by().name(), limit, detail)));
    }
  }

  @Override
  public void failed(Throwable thrown) {
    run.fail("recording failed: " + thrown);
  }
}
