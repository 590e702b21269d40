// SPDX-License-Identifier: Apache-2.0
package dev.sluice.capture;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.TlsInfo;
import dev.sluice.api.Transport;
import dev.sluice.capture.CaptureRecord.Bytes;
import dev.sluice.capture.CaptureRecord.Ended;
import dev.sluice.capture.CaptureRecord.Opened;
import dev.sluice.capture.CaptureRecord.Way;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was written is read, and what is wrong with a file is said without harm. */
class CaptureFileTest {

  @Test
  void everyKindOfRecordIsReadAsItWasWritten() throws Exception {
    List<CaptureRecord> records = Captures.whole();

    assertThat(Captures.read(Captures.file(records)))
        .usingRecursiveFieldByFieldElementComparator()
        .containsExactlyElementsOf(records);
  }

  @Test
  void whatTlsHasAgreedOnIsKeptAndSoIsAnAddressOfIpv6() throws Exception {
    TlsInfo tls =
        new TlsInfo(
            "TLSv1.3",
            "TLS_AES_128_GCM_SHA256",
            Optional.of("X25519"),
            Optional.of("a.example"),
            Optional.empty(),
            List.of());
    Opened opened =
        new Opened(
            1,
            -5,
            0,
            Transport.TCP,
            true,
            Captures.address("2001:db8::1", 443),
            null,
            Optional.of(tls));

    assertThat(Captures.read(Captures.file(List.of(opened)))).containsExactly(opened);
  }

  @Test
  void longDataBecomesAChainAndOneCallAgain() throws Exception {
    byte[] data = new byte[(2 << 20) + 5];
    new Random(1).nextBytes(data);
    List<CaptureRecord> records =
        List.of(
            Captures.shout(),
            Captures.opened(0, 1, Transport.TCP),
            new Bytes(1, 1, Way.DELIVERED, false, data));

    List<CaptureRecord> read = Captures.read(Captures.file(records));

    assertThat(read).hasSize(5);
    assertThat(capture(records).sessions().get(0).calls(Way.DELIVERED)).containsExactly(data);
  }

  @Test
  void aFileThatIsCutAnywhereIsReadUpToItsLastWholeRecord() throws Exception {
    List<CaptureRecord> records = Captures.whole();
    byte[] file = Captures.file(records);
    int header = Captures.file(List.of()).length;
    int whole = 0;
    for (int length = header; length <= file.length; length++) {
      byte[] cut = Arrays.copyOf(file, length);
      try (CaptureReader reader = new CaptureReader(new ByteArrayInputStream(cut))) {
        int count = 0;
        while (reader.next() != null) {
          count++;
        }
        assertThat(count).isBetween(whole, whole + 1);
        whole = count;
        assertThat(reader.cut()).as("cut to " + length).isEqualTo(reader.position() < length);
      }
    }
    assertThat(whole).isEqualTo(records.size());
  }

  @Test
  void aFileThatEndsWithinItsHeaderIsNone() throws Exception {
    byte[] file = Captures.file(List.of());
    for (int length = 0; length < file.length; length++) {
      byte[] cut = Arrays.copyOf(file, length);
      assertThatThrownBy(() -> Captures.read(cut)).isInstanceOf(CaptureFormatException.class);
    }
  }

  @Test
  void aByteThatHasChangedIsNoticedWhereverItStands() throws Exception {
    byte[] file = Captures.file(Captures.whole());
    for (int at = 12; at < file.length; at++) {
      byte[] changed = file.clone();
      changed[at] ^= 0x10;
      int place = at;
      boolean told = false;
      try (CaptureReader reader = new CaptureReader(new ByteArrayInputStream(changed))) {
        while (reader.next() != null) {
          // To the end.
        }
        // A length that leads past the end looks like a file that was cut there.
        told = reader.cut();
      } catch (CaptureFormatException e) {
        told = e.position() <= place;
      }
      assertThat(told).as("changed at " + place).isTrue();
    }
  }

  @Test
  void whatIsNoCaptureIsToldSo() {
    assertThatThrownBy(() -> Captures.read("GET / HTTP/1.1\r\n\r\n".getBytes(ISO_8859_1)))
        .hasMessage("byte 0: this is no capture");
  }

  @Test
  void anotherMajorVersionIsRefusedAndALaterMinorOneIsRead() throws Exception {
    byte[] major = Captures.file(Captures.whole());
    major[9] = 2;
    byte[] minor = Captures.file(Captures.whole());
    minor[11] = 9;

    assertThatThrownBy(() -> Captures.read(major))
        .hasMessage("byte 0: this is a capture of version 2, and 1 can be read");
    assertThat(Captures.read(minor)).hasSameSizeAs(Captures.whole());
  }

  @Test
  void kindsOfALaterVersionArePassedOver() throws Exception {
    byte[] known = Captures.file(Captures.whole());
    byte[] later = record(77, "something new".getBytes(ISO_8859_1));

    assertThat(Captures.read(joined(known, later))).hasSameSizeAs(Captures.whole());
    assertThat(Captures.read(joined(Captures.file(List.of()), later))).isEmpty();
  }

  @Test
  void aLengthThatIsBeyondAllBoundsCostsNothing() throws Exception {
    for (int length : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, (2 << 20) + 1}) {
      byte[] head = ByteBuffer.allocate(9).putInt(length).putInt(0).put((byte) 4).array();
      byte[] file = joined(Captures.file(List.of()), head);

      assertThatThrownBy(() -> Captures.read(file))
          .isInstanceOf(CaptureFormatException.class)
          .hasMessageContaining("a length of " + Integer.toUnsignedString(length) + " bytes");
    }
  }

  @Test
  void bodiesWithARightChecksumAreTrustedNoMore() throws Exception {
    byte[] start = Captures.file(List.of());
    Random random = new Random(4711);
    for (int run = 0; run < 20_000; run++) {
      byte[] body = new byte[random.nextInt(80)];
      random.nextBytes(body);
      byte[] file = joined(start, record(1 + random.nextInt(10), body));
      try {
        Captures.read(file);
      } catch (CaptureFormatException told) {
        assertThat(told.getMessage()).startsWith("byte " + start.length + ": a record of kind ");
      }
    }
  }

  @Test
  void aTextThatClaimsToBeLongIsWrong() throws Exception {
    byte[] body = ByteBuffer.allocate(20).putInt(0).putInt(Integer.MAX_VALUE).array();
    byte[] file = joined(Captures.file(List.of()), record(2, body));

    assertThatThrownBy(() -> Captures.read(file))
        .hasMessageEndingWith("it has a part of 2147483647 bytes where 12 are left");
  }

  /** Whoever plays it would let as much time pass. */
  @Test
  void timesThatNoCaptureLastsAreWrong() throws Exception {
    for (long nanos : new long[] {-1, Long.MAX_VALUE, Long.MIN_VALUE}) {
      byte[] body = ByteBuffer.allocate(25).putLong(nanos).putLong(1).put((byte) 0).array();
      byte[] file = joined(Captures.file(List.of()), record(7, body));

      assertThatThrownBy(() -> Captures.read(file)).hasMessageEndingWith("an impossible time");
    }
  }

  @Test
  void recordsOfASessionThatHasNotBegunAreWrong(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("a");
    Files.write(file, Captures.file(List.of(Captures.bytes(1, 9, Way.DELIVERED, "x"))));

    assertThatThrownBy(() -> Capture.read(file)).hasMessageContaining("session 9 has not begun");
  }

  @Test
  void onlyItsOwnerMayReadAFileAndNoneIsWrittenOver(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("a.slcap");
    CaptureWriter.create(file, Captures.HEADER).close();

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThatThrownBy(() -> CaptureWriter.create(file, Captures.HEADER))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(Capture.read(file).header()).isEqualTo(Captures.HEADER);
  }

  @Test
  void whatASessionWroteStandsWhereItWroteItThoughItWasRecordedLater() throws Exception {
    List<CaptureRecord> records = new ArrayList<>();
    records.add(Captures.shout());
    records.add(Captures.opened(0, 1, Transport.TCP));
    records.add(Captures.bytes(10, 1, Way.DELIVERED, "a"));
    records.add(Captures.bytes(30, 1, Way.DELIVERED, "b"));
    records.add(Captures.bytes(20, 1, Way.WRITTEN, "A"));
    // Of another thread, which came first on the wire and second by its clock.
    records.add(Captures.bytes(15, 1, Way.WRITTEN, "?"));
    records.add(Captures.bytes(40, 1, Way.WRITTEN, "B"));
    records.add(new Ended(40, 1, "session_closed", "SESSION", "", ""));

    CapturedSession session = capture(records).sessions().get(0);

    assertThat(session.records().stream().map(Object::toString).map(text -> text.substring(0, 8)))
        .containsExactly(
            "Opened[n", "Bytes[10", "Bytes[20", "Bytes[15", "Bytes[30", "Bytes[40", "Ended[na");
    assertThat(session.written()).containsExactly("A?B".getBytes(ISO_8859_1));
    assertThat(session.ended()).isPresent();
  }

  private static Capture capture(List<CaptureRecord> records) throws IOException {
    Path file = Files.createTempFile("capture", ".slcap");
    try {
      Files.write(file, Captures.file(records));
      return Capture.read(file);
    } finally {
      Files.delete(file);
    }
  }

  private static byte[] record(int kind, byte[] body) {
    int checksum = Format.checksum(body.length, kind, body);
    return ByteBuffer.allocate(9 + body.length)
        .putInt(body.length)
        .putInt(checksum)
        .put((byte) kind)
        .put(body)
        .array();
  }

  private static byte[] joined(byte[] one, byte[] other) {
    return ByteBuffer.allocate(one.length + other.length).put(one).put(other).array();
  }
}
