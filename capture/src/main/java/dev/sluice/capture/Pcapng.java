// SPDX-License-Identifier: Apache-2.0
package dev.sluice.capture;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.api.Transport;
import dev.sluice.capture.CaptureRecord.Bytes;
import dev.sluice.capture.CaptureRecord.Ended;
import dev.sluice.capture.CaptureRecord.Event;
import dev.sluice.capture.CaptureRecord.OfSession;
import dev.sluice.capture.CaptureRecord.Way;
import dev.sluice.capture.CaptureRecord.What;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes a capture as packets, for tools that read pcapng: each session becomes a connection of
 * TCP, or datagrams of UDP, between the addresses that it had, with the plaintext in it. What a
 * capture does not know is made up: handshakes, sequence numbers, the sizes of segments, checksums.
 *
 * <p>The format is that of the Internet-Draft draft-ietf-opsawg-pcapng.
 */
public final class Pcapng {

  private static final int SECTION_HEADER = 0x0a0d0d0a;
  private static final int INTERFACE_DESCRIPTION = 1;
  private static final int ENHANCED_PACKET = 6;

  /** Packets begin with an IP header. */
  private static final int RAW_IP = 101;

  private static final int COMMENT = 1;
  private static final int TIME_RESOLUTION = 9;

  private final DataOutputStream out;
  private final Capture capture;

  private Pcapng(Capture capture, OutputStream out) {
    this.capture = capture;
    this.out = new DataOutputStream(out);
  }

  /** A packet at its time. */
  private static final class Packet {
    final long nanos;
    final byte[] data;
    final String comment;

    Packet(long nanos, byte[] data, String comment) {
      this.nanos = nanos;
      this.data = data;
      this.comment = comment;
    }
  }

  /**
   * Writes it.
   *
   * @param capture what was recorded
   * @param to not closed
   * @throws IOException if it can't be written
   */
  public static void write(Capture capture, OutputStream to) throws IOException {
    new Pcapng(capture, to).write();
  }

  private void write() throws IOException {
    block(SECTION_HEADER, sectionHeader());
    block(INTERFACE_DESCRIPTION, interfaceDescription());
    List<Packet> packets = new ArrayList<>();
    for (CapturedSession session : capture.sessions()) {
      packets(session, packets);
    }
    packets.sort((one, other) -> Long.compare(one.nanos, other.nanos));
    for (Packet packet : packets) {
      block(ENHANCED_PACKET, enhanced(packet));
    }
    out.flush();
  }

  // ---- sessions

  private void packets(CapturedSession session, List<Packet> to) {
    IpFlow flow = new IpFlow(session.opened());
    String comment = about(session);
    if (session.opened().transport() == Transport.UDP) {
      datagrams(session, flow, comment, to);
    } else {
      segments(session, flow, comment, to);
    }
  }

  private static String about(CapturedSession session) {
    return session.protocol().name()
        + ", session "
        + session.id()
        + session.opened().tls().map(tls -> ", decrypted " + tls.version()).orElse("")
        + (session.hasGaps() ? ", parts of it were not recorded" : "");
  }

  private static void datagrams(
      CapturedSession session, IpFlow flow, String comment, List<Packet> to) {
    String first = comment;
    Map<Way, byte[]> chains = new HashMap<>();
    for (OfSession record : session.records()) {
      if (record instanceof Bytes bytes && bytes.way() != Way.OUTSIDE) {
        byte[] data = joined(chains.remove(bytes.way()), bytes.data());
        if (bytes.more()) {
          chains.put(bytes.way(), data);
        } else {
          to.add(
              new Packet(bytes.nanos(), flow.datagram(bytes.way() == Way.DELIVERED, data), first));
          first = "";
        }
      }
    }
  }

  private static byte[] joined(byte @Nullable [] before, byte[] data) {
    if (before == null) {
      return data;
    }
    byte[] joined = Arrays.copyOf(before, before.length + data.length);
    System.arraycopy(data, 0, joined, before.length, data.length);
    return joined;
  }

  private static void segments(
      CapturedSession session, IpFlow flow, String comment, List<Packet> to) {
    long begun = session.opened().nanos();
    String first = comment;
    for (byte[] packet : flow.handshake()) {
      to.add(new Packet(begun, packet, first));
      first = "";
    }
    for (OfSession record : session.records()) {
      if (record instanceof Bytes bytes && bytes.way() != Way.OUTSIDE) {
        boolean fromPeer = bytes.way() == Way.DELIVERED;
        for (byte[] packet : flow.data(fromPeer, bytes.data())) {
          to.add(new Packet(bytes.nanos(), packet, ""));
        }
      } else if (record instanceof Event event && event.what() == What.INPUT_ENDED) {
        to.add(new Packet(event.nanos(), flow.end(true), ""));
      } else if (record instanceof Event event && event.what() == What.OUTPUT_SHUT) {
        to.add(new Packet(event.nanos(), flow.end(false), ""));
      } else if (record instanceof Ended ended) {
        String why = ended.reason() + " by " + ended.by() + " " + ended.detail();
        to.add(new Packet(ended.nanos(), flow.end(ended.by().equals("PEER")), why.strip()));
      }
    }
  }

  // ---- blocks

  private byte[] sectionHeader() throws IOException {
    Block body = new Block();
    body.out.writeInt(0x1a2b3c4d);
    body.out.writeShort(1);
    body.out.writeShort(0);
    body.out.writeLong(-1);
    body.option(
        COMMENT,
        "made of a capture of interface "
            + capture.header().interfaceName()
            + " by Sluice "
            + capture.header().nodeVersion()
            + "; headers are made up");
    return body.end();
  }

  private static byte[] interfaceDescription() throws IOException {
    Block body = new Block();
    body.out.writeShort(RAW_IP);
    body.out.writeShort(0);
    body.out.writeInt(0);
    // Nanoseconds: ten to the power of minus nine.
    body.option(TIME_RESOLUTION, new byte[] {9});
    return body.end();
  }

  private byte[] enhanced(Packet packet) throws IOException {
    Instant at = capture.header().startedAt().plusNanos(packet.nanos);
    long time = at.getEpochSecond() * 1_000_000_000L + at.getNano();
    Block body = new Block();
    body.out.writeInt(0);
    body.out.writeLong(time);
    body.out.writeInt(packet.data.length);
    body.out.writeInt(packet.data.length);
    body.out.write(packet.data);
    body.pad();
    if (packet.comment.isEmpty()) {
      return body.bytes.toByteArray();
    }
    body.option(COMMENT, packet.comment);
    return body.end();
  }

  private void block(int type, byte[] body) throws IOException {
    int length = 12 + body.length;
    out.writeInt(type);
    out.writeInt(length);
    out.write(body);
    out.writeInt(length);
  }

  /** What stands between a block's lengths. */
  private static final class Block {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    final DataOutputStream out = new DataOutputStream(bytes);

    void option(int code, String text) throws IOException {
      option(code, text.getBytes(UTF_8));
    }

    void option(int code, byte[] value) throws IOException {
      out.writeShort(code);
      out.writeShort(value.length);
      out.write(value);
      pad();
    }

    void pad() throws IOException {
      while (bytes.size() % 4 != 0) {
        out.writeByte(0);
      }
    }

    byte[] end() throws IOException {
      out.writeInt(0);
      return bytes.toByteArray();
    }
  }
}
