// SPDX-License-Identifier: Apache-2.0
package dev.sluice.capture;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Transport;
import dev.sluice.capture.CaptureRecord.Bytes;
import dev.sluice.capture.CaptureRecord.Ended;
import dev.sluice.capture.CaptureRecord.Opened;
import dev.sluice.capture.CaptureRecord.Way;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What pcapng and the packets in it have to be, read by a parser of its own. */
class PcapngTest {

  @TempDir Path folder;

  /** A packet as it was found. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Found(long nanos, byte[] data) {
    int headerLength() {
      return data[0] >> 4 == 4 ? 20 : 40;
    }

    int protocol() {
      return data[data[0] >> 4 == 4 ? 9 : 6];
    }

    ByteBuffer payload() {
      return ByteBuffer.wrap(data, headerLength(), data.length - headerLength()).slice();
    }

    /** Adds up to nothing where all checksums are right. */
    void checkSums() {
      int header = headerLength();
      int addresses = header == 20 ? 12 : 8;
      if (header == 20) {
        assertThat(sum(0, Arrays.copyOf(data, 20))).isEqualTo(0xffff);
        assertThat(ByteBuffer.wrap(data).getShort(2) & 0xffff).isEqualTo(data.length);
      } else {
        assertThat(ByteBuffer.wrap(data).getShort(4) & 0xffff).isEqualTo(data.length - 40);
      }
      byte[] rest = Arrays.copyOfRange(data, addresses, data.length);
      assertThat(sum(protocol() + data.length - header, rest)).isEqualTo(0xffff);
    }

    private static int sum(long start, byte[] data) {
      long sum = start;
      for (int i = 0; i < data.length; i++) {
        sum += (data[i] & 0xff) << (i % 2 == 0 ? 8 : 0);
      }
      while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
      }
      return (int) sum;
    }
  }

  private List<Found> packets(List<CaptureRecord> records) throws Exception {
    Path file = folder.resolve("capture");
    Files.write(file, Captures.file(records));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Pcapng.write(Capture.read(file), out);
    ByteBuffer in = ByteBuffer.wrap(out.toByteArray());
    List<Integer> types = new ArrayList<>();
    List<Found> found = new ArrayList<>();
    while (in.hasRemaining()) {
      int start = in.position();
      int type = in.getInt();
      int length = in.getInt();
      assertThat(length % 4).isZero();
      assertThat(in.getInt(start + length - 4)).isEqualTo(length);
      types.add(type);
      if (type == 6) {
        assertThat(in.getInt()).isZero();
        long nanos = in.getLong();
        byte[] data = new byte[in.getInt()];
        assertThat(in.getInt()).isEqualTo(data.length);
        in.get(data);
        found.add(new Found(nanos, data));
      }
      in.position(start + length);
    }
    assertThat(types.get(0)).isEqualTo(0x0a0d0d0a);
    assertThat(types.get(1)).isEqualTo(1);
    assertThat(types.subList(2, types.size())).containsOnly(6);
    found.forEach(Found::checkSums);
    return found;
  }

  @Test
  void aStreamIsAConnectionWithBothOfItsSides() throws Exception {
    byte[] large = new byte[100_000];
    new Random(1).nextBytes(large);
    List<Found> packets =
        packets(
            List.of(
                Captures.shout(),
                Captures.opened(10, 7, Transport.TCP),
                Captures.bytes(1_000, 7, Way.DELIVERED, "hello\n"),
                new Bytes(2_000, 7, Way.WRITTEN, false, large),
                Captures.bytes(3_000, 7, Way.DELIVERED, "bye\n"),
                new Ended(4_000, 7, "session_closed", "SESSION", "", "")));

    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    ByteArrayOutputStream answered = new ByteArrayOutputStream();
    int[] next = {0, 0};
    for (Found packet : packets) {
      assertThat(packet.protocol()).isEqualTo(6);
      ByteBuffer tcp = packet.payload();
      boolean fromPeer = tcp.getShort(0) == (short) 40_000;
      assertThat(tcp.getShort(fromPeer ? 2 : 0)).isEqualTo((short) 7000);
      int side = fromPeer ? 0 : 1;
      assertThat(tcp.getInt(4)).isEqualTo(next[side]);
      byte[] data = Arrays.copyOfRange(packet.data(), 40, packet.data().length);
      int flags = tcp.get(13);
      next[side] += data.length + ((flags & 3) != 0 ? 1 : 0);
      (fromPeer ? sent : answered).writeBytes(data);
    }
    assertThat(sent.toString(ISO_8859_1)).isEqualTo("hello\nbye\n");
    assertThat(answered.toByteArray()).isEqualTo(large);
    assertThat(packets.get(0).payload().get(13)).as("SYN").isEqualTo((byte) 2);
    assertThat(packets.get(packets.size() - 1).payload().get(13) & 1).as("FIN").isEqualTo(1);
    long started = Captures.HEADER.startedAt().getEpochSecond() * 1_000_000_000L + 123_456_789L;
    assertThat(packets.get(3).nanos()).isEqualTo(started + 1_000);
  }

  @Test
  void datagramsStayWhatTheyWereAlsoTheEmptyOne() throws Exception {
    Opened opened =
        new Opened(
            1,
            7,
            0,
            Transport.UDP,
            false,
            Captures.address("2001:db8::1", 53),
            Captures.address("10.0.0.1", 4000),
            Optional.empty());
    List<Found> packets =
        packets(
            List.of(
                Captures.shout(),
                opened,
                Captures.bytes(2, 7, Way.DELIVERED, "one"),
                Captures.bytes(3, 7, Way.WRITTEN, ""),
                Captures.bytes(4, 7, Way.DELIVERED, "three")));

    assertThat(packets).allMatch(packet -> packet.protocol() == 17);
    assertThat(
            packets.stream()
                .map(
                    packet -> new String(packet.data(), 48, packet.data().length - 48, ISO_8859_1)))
        .containsExactly("one", "", "three");
    assertThat(packets.get(0).payload().getShort(4)).isEqualTo((short) 11);
  }
}
