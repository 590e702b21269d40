// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.capture.CaptureRecord;
import dev.sluice.capture.CaptureRecord.Bytes;
import dev.sluice.capture.CaptureRecord.Ended;
import dev.sluice.capture.CaptureRecord.Event;
import dev.sluice.capture.CaptureRecord.Finished;
import dev.sluice.capture.CaptureRecord.Header;
import dev.sluice.capture.CaptureRecord.Lost;
import dev.sluice.capture.CaptureRecord.OfSession;
import dev.sluice.capture.CaptureRecord.Opened;
import dev.sluice.capture.CaptureRecord.ProtocolUsed;
import dev.sluice.platform.AddressText;
import dev.sluice.platform.replay.Printable;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Records of a capture as lines. */
final class CaptureText {

  private static final int FIRST_BYTES = 64;

  private final boolean whole;

  /**
   * @param whole all bytes of each
   */
  CaptureText(boolean whole) {
    this.whole = whole;
  }

  static String of(Header header) {
    return Printable.text(line(header));
  }

  String of(CaptureRecord record) {
    return Printable.text(line(record));
  }

  private static String line(Header header) {
    return "capture of "
        + header.interfaceName()
        + " from "
        + header.startedAt()
        + ", by sluice "
        + header.nodeVersion();
  }

  private String line(CaptureRecord record) {
    if (record instanceof OfSession of) {
      return time(of.nanos()) + "  " + of.session() + "  " + what(of);
    } else if (record instanceof ProtocolUsed used) {
      return "protocol "
          + used.name()
          + " "
          + used.version()
          + " of "
          + used.jar()
          + (used.settings().isEmpty() ? "" : ", settings " + used.settings());
    } else if (record instanceof Finished finished) {
      return time(finished.nanos())
          + "  end of the capture ("
          + finished.why()
          + "), "
          + finished.sessions()
          + " sessions";
    }
    return record.toString();
  }

  private static String time(long nanos) {
    return String.format(
        Locale.ROOT, "%d.%06d", nanos / 1_000_000_000, nanos % 1_000_000_000 / 1000);
  }

  private String what(OfSession record) {
    if (record instanceof Bytes bytes) {
      return bytes.way().name().toLowerCase(Locale.ROOT)
          + " "
          + bytes.data().length
          + (bytes.more() ? "+ " : " ")
          + shown(bytes.data());
    } else if (record instanceof Event event) {
      return event.what().name().toLowerCase(Locale.ROOT)
          + (event.amount() == 0 ? "" : " " + event.amount());
    } else if (record instanceof Opened opened) {
      return "opened "
          + text(opened.remote())
          + " to "
          + text(opened.local())
          + " by "
          + opened.transport().name().toLowerCase(Locale.ROOT)
          + opened.tls().map(tls -> ", " + tls.version() + " " + tls.cipherSuite()).orElse("")
          + (opened.capped() ? ", over the soft cap" : "");
    } else if (record instanceof Lost lost) {
      return "lost " + lost.records() + " records, " + lost.bytes() + " bytes";
    } else if (record instanceof Ended ended) {
      return "ended "
          + ended.reason()
          + " by "
          + ended.by().toLowerCase(Locale.ROOT)
          + (ended.limit().isEmpty() ? "" : ", limit " + ended.limit())
          + (ended.detail().isEmpty() ? "" : ": " + Printable.of(ended.detail().getBytes(UTF_8)));
    }
    return record.toString();
  }

  private String shown(byte[] data) {
    return whole || data.length <= FIRST_BYTES
        ? Printable.of(data)
        : Printable.of(Arrays.copyOf(data, FIRST_BYTES)) + "…";
  }

  private static String text(@Nullable InetSocketAddress address) {
    return address == null ? "?" : AddressText.of(address);
  }
}
