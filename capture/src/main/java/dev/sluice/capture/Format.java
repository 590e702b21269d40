// SPDX-License-Identifier: Apache-2.0
package dev.sluice.capture;

import dev.sluice.capture.CaptureRecord.Way;
import dev.sluice.capture.CaptureRecord.What;
import java.util.List;
import java.util.zip.CRC32C;

/** The numbers of the format: docs/captures.md says the same in words. Those that stand stay. */
final class Format {

  /** What no text begins with, and what a transfer as text would spoil. */
  static final byte[] MAGIC = {(byte) 0x89, 'S', 'L', 'C', 'A', 'P', '\r', '\n'};

  /** Readers of another major version can't read it. */
  static final int MAJOR = 1;

  /** A higher one may have kinds of records that readers pass over. */
  static final int MINOR = 0;

  /** Magic, major, minor. */
  static final int PREFACE = MAGIC.length + 4;

  /** Length of the body, checksum, kind. */
  static final int RECORD_HEAD = 4 + 4 + 1;

  /** No record has a longer body, so that no length that is read can cost much memory. */
  static final int LONGEST_BODY = 2 << 20;

  /** Longer data is a chain of records. */
  static final int LONGEST_DATA = 1 << 20;

  /** No capture lasts longer: thirty days. */
  static final long LONGEST_NANOS = 30L * 86_400 * 1_000_000_000;

  /** Somewhere in the year 2200. */
  static final long LATEST_SECOND = 7_258_000_000L;

  static final int HEADER = 1;
  static final int PROTOCOL_USED = 2;
  static final int OPENED = 3;
  static final int DELIVERED = 4;
  static final int WRITTEN = 5;
  static final int OUTSIDE = 6;
  static final int EVENT = 7;
  static final int LOST = 8;
  static final int ENDED = 9;
  static final int FINISHED = 10;

  /** By their numbers in a file; only ever added to. */
  static final List<What> EVENTS =
      List.of(
          What.PASS_COMPLETE,
          What.INPUT_ENDED,
          What.DRAIN,
          What.ASKED_TO_END,
          What.NOT_WRITABLE,
          What.WRITABLE,
          What.PAUSED,
          What.RESUMED,
          What.HELD,
          What.CONSUMED,
          What.OUTPUT_SHUT,
          What.CLOSE_ASKED,
          What.ABORT_ASKED);

  private Format() {}

  static int kindOf(Way way) {
    return switch (way) {
      case DELIVERED -> DELIVERED;
      case WRITTEN -> WRITTEN;
      case OUTSIDE -> OUTSIDE;
    };
  }

  /** Of the length as well: a wrong one does not lead to another record by chance. */
  static int checksum(int length, int kind, byte[] body) {
    CRC32C sum = new CRC32C();
    sum.update(length >>> 24);
    sum.update(length >>> 16);
    sum.update(length >>> 8);
    sum.update(length);
    sum.update(kind);
    sum.update(body, 0, length);
    return (int) sum.getValue();
  }
}
