// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.capture.Capture;
import dev.sluice.capture.CaptureFormatException;
import dev.sluice.capture.CaptureReader;
import dev.sluice.capture.CaptureRecord;
import dev.sluice.capture.CaptureRecord.Header;
import dev.sluice.capture.CaptureWriter;
import dev.sluice.capture.Pcapng;
import dev.sluice.testkit.fuzz.FuzzTarget;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * A capture may come from anybody. Its reader reads it or says what is wrong, and what it has read
 * is written as it was.
 *
 * <p>The input is records of kind, length in a byte and body, which get their checksums here: or
 * hardly any would be looked at.
 */
class CaptureFuzzTest extends FuzzTarget {

  CaptureFuzzTest() {
    super("capture");
  }

  @Override
  protected int longest() {
    return 2048;
  }

  @Override
  protected void run(byte[] input) {
    try {
      check(file(input));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] file(byte[] input) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new CaptureWriter(out, new Header(Instant.EPOCH, "i", "v")).close();
    int at = 0;
    while (at + 2 <= input.length) {
      int kind = input[at] & 0x1f;
      int end = Math.min(input.length, at + 2 + (input[at + 1] & 0xff));
      out.writeBytes(record(kind, Arrays.copyOfRange(input, at + 2, end)));
      at = end;
    }
    return out.toByteArray();
  }

  private static byte[] record(int kind, byte[] body) {
    byte[] summed =
        ByteBuffer.allocate(5 + body.length).putInt(body.length).put((byte) kind).put(body).array();
    CRC32C sum = new CRC32C();
    sum.update(summed, 0, summed.length);
    return ByteBuffer.allocate(9 + body.length)
        .putInt(body.length)
        .putInt((int) sum.getValue())
        .put((byte) kind)
        .put(body)
        .array();
  }

  private static void check(byte[] file) throws IOException {
    ByteArrayOutputStream again = new ByteArrayOutputStream();
    try (CaptureReader reader = new CaptureReader(new ByteArrayInputStream(file));
        CaptureWriter writer = new CaptureWriter(again, reader.header())) {
      for (CaptureRecord next = reader.next(); next != null; next = reader.next()) {
        assertThat(next.toString()).isNotEmpty();
        if (!(next instanceof Header)) {
          writer.write(next);
        }
      }
    } catch (CaptureFormatException told) {
      assertThat(told.getMessage()).startsWith("byte ");
      return;
    }
    Capture capture;
    try {
      capture = Capture.read(new ByteArrayInputStream(file));
    } catch (CaptureFormatException told) {
      return;
    }
    Capture same = Capture.read(new ByteArrayInputStream(again.toByteArray()));
    assertThat(same.sessions().size()).isEqualTo(capture.sessions().size());
    assertThat(same.given().size()).isEqualTo(capture.given().size());
    Pcapng.write(capture, OutputStream.nullOutputStream());
    capture.sessions().forEach(session -> assertThat(session.written()).isNotNull());
  }
}
