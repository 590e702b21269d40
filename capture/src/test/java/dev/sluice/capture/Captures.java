// SPDX-License-Identifier: Apache-2.0
package dev.sluice.capture;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.sluice.api.Transport;
import dev.sluice.capture.CaptureRecord.Bytes;
import dev.sluice.capture.CaptureRecord.Ended;
import dev.sluice.capture.CaptureRecord.Event;
import dev.sluice.capture.CaptureRecord.Finished;
import dev.sluice.capture.CaptureRecord.Header;
import dev.sluice.capture.CaptureRecord.Lost;
import dev.sluice.capture.CaptureRecord.Opened;
import dev.sluice.capture.CaptureRecord.ProtocolUsed;
import dev.sluice.capture.CaptureRecord.Way;
import dev.sluice.capture.CaptureRecord.What;
import io.netty.util.NetUtil;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Captures to test with. */
final class Captures {

  static final Header HEADER =
      new Header(Instant.parse("2026-03-01T10:15:30.123456789Z"), "lines", "0.1.0");

  private Captures() {}

  static InetSocketAddress address(String host, int port) {
    return new InetSocketAddress(NetUtil.createInetAddressFromIpAddressString(host), port);
  }

  static ProtocolUsed shout() {
    return new ProtocolUsed(0, "SHOUT", "shout-1.jar", "1.0", "{\"max_line_length\": 8KB}");
  }

  static Opened opened(long nanos, long id, Transport transport) {
    return new Opened(
        nanos,
        id,
        0,
        transport,
        false,
        address("127.0.0.1", 7000),
        address("10.1.2.3", 40_000),
        Optional.empty());
  }

  static Bytes bytes(long nanos, long id, Way way, String text) {
    return new Bytes(nanos, id, way, false, text.getBytes(ISO_8859_1));
  }

  /** One session with a request and its answer, and its end. */
  static List<CaptureRecord> whole() {
    return List.of(
        shout(),
        opened(10, 7, Transport.TCP),
        bytes(11, 7, Way.DELIVERED, "hello\n"),
        new Event(12, 7, What.PASS_COMPLETE, 0),
        bytes(12, 7, Way.WRITTEN, "HELLO\n"),
        new Event(13, 7, What.HELD, 55),
        new Lost(14, 7, 2, 300),
        new Ended(20, 7, "peer_closed", "PEER", "", ""),
        new Finished(30, "operator", 1));
  }

  static byte[] file(List<? extends CaptureRecord> records) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (CaptureWriter writer = new CaptureWriter(out, HEADER)) {
      for (CaptureRecord record : records) {
        writer.write(record);
      }
    }
    return out.toByteArray();
  }

  static List<CaptureRecord> read(byte[] file) throws IOException {
    List<CaptureRecord> records = new ArrayList<>();
    try (CaptureReader reader = new CaptureReader(new ByteArrayInputStream(file))) {
      for (CaptureRecord next = reader.next(); next != null; next = reader.next()) {
        records.add(next);
      }
    }
    return records;
  }
}
