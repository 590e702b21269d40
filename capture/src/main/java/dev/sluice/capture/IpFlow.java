// SPDX-License-Identifier: Apache-2.0
package dev.sluice.capture;

import dev.sluice.capture.CaptureRecord.Opened;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The IP packets that a session might have been, with right lengths and checksums. */
final class IpFlow {

  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int TCP_HEADER = 20;
  private static final int UDP_HEADER = 8;

  private static final int FIN = 1;
  private static final int SYN = 2;
  private static final int PUSH = 8;
  private static final int ACK = 16;

  /** So that a segment is a packet with any header. */
  private static final int SEGMENT = 32 << 10;

  private static final byte[] NOBODY = {127, 0, 0, 1};

  private final Side peer;
  private final Side node;

  /** One end, and how far its bytes have come. */
  private static final class Side {
    final byte[] address;
    final int port;
    int sequence = 1;
    boolean ended;

    Side(byte[] address, int port) {
      this.address = address;
      this.port = port;
    }
  }

  IpFlow(Opened opened) {
    byte[] local = address(opened.local());
    byte[] remote = address(opened.remote());
    if (local.length != remote.length) {
      // What one of them is mapped to tells as little.
      local = wide(local);
      remote = wide(remote);
    }
    this.peer = new Side(remote, port(opened.remote()));
    this.node = new Side(local, port(opened.local()));
  }

  private static byte[] address(@Nullable InetSocketAddress of) {
    InetAddress address = of == null ? null : of.getAddress();
    return address == null ? NOBODY : address.getAddress();
  }

  private static int port(@Nullable InetSocketAddress of) {
    return of == null ? 0 : of.getPort();
  }

  /** An IPv4 address as IPv6 has it. */
  private static byte[] wide(byte[] address) {
    if (address.length == 16) {
      return address;
    }
    byte[] wide = new byte[16];
    wide[10] = (byte) 0xff;
    wide[11] = (byte) 0xff;
    System.arraycopy(address, 0, wide, 12, 4);
    return wide;
  }

  byte[] datagram(boolean fromPeer, byte[] data) {
    Side from = fromPeer ? peer : node;
    Side to = fromPeer ? node : peer;
    // What IPv4 has no room for is cut; that is a length of UDP over IPv6 only.
    byte[] sent = Arrays.copyOf(data, Math.min(data.length, 65_535 - UDP_HEADER - 20));
    ByteBuffer payload = ByteBuffer.allocate(UDP_HEADER + sent.length);
    payload.putShort((short) from.port).putShort((short) to.port);
    payload.putShort((short) payload.capacity()).putShort((short) 0).put(sent);
    int sum = checksum(from, to, UDP, payload.array());
    payload.putShort(6, (short) (sum == 0 ? 0xffff : sum));
    return packet(from, to, UDP, payload.array());
  }

  List<byte[]> handshake() {
    byte[] syn = segment(true, SYN, new byte[0], peer.sequence - 1, 0);
    byte[] answer = segment(false, SYN | ACK, new byte[0], node.sequence - 1, peer.sequence);
    return List.of(syn, answer, segment(true, ACK, new byte[0]));
  }

  List<byte[]> data(boolean fromPeer, byte[] data) {
    List<byte[]> segments = new ArrayList<>();
    for (int at = 0; at < data.length; at += SEGMENT) {
      byte[] part = Arrays.copyOfRange(data, at, Math.min(data.length, at + SEGMENT));
      segments.add(segment(fromPeer, PUSH | ACK, part));
    }
    return segments;
  }

  /** The end of one side; a second one of the same only acknowledges. */
  byte[] end(boolean fromPeer) {
    Side from = fromPeer ? peer : node;
    if (from.ended) {
      return segment(fromPeer, ACK, new byte[0]);
    }
    from.ended = true;
    byte[] end = segment(fromPeer, FIN | ACK, new byte[0]);
    from.sequence++;
    return end;
  }

  private byte[] segment(boolean fromPeer, int flags, byte[] data) {
    Side from = fromPeer ? peer : node;
    Side to = fromPeer ? node : peer;
    byte[] segment = segment(fromPeer, flags, data, from.sequence, to.sequence);
    from.sequence += data.length;
    return segment;
  }

  private byte[] segment(boolean fromPeer, int flags, byte[] data, int sequence, int acknowledges) {
    Side from = fromPeer ? peer : node;
    Side to = fromPeer ? node : peer;
    ByteBuffer payload = ByteBuffer.allocate(TCP_HEADER + data.length);
    payload.putShort((short) from.port).putShort((short) to.port);
    payload.putInt(sequence).putInt(acknowledges);
    payload.put((byte) (TCP_HEADER << 2)).put((byte) flags);
    payload.putShort((short) 0xffff).putShort((short) 0).putShort((short) 0).put(data);
    payload.putShort(16, (short) checksum(from, to, TCP, payload.array()));
    return packet(from, to, TCP, payload.array());
  }

  private static byte[] packet(Side from, Side to, int protocol, byte[] payload) {
    return from.address.length == 4
        ? version4(from, to, protocol, payload)
        : version6(from, to, protocol, payload);
  }

  private static byte[] version4(Side from, Side to, int protocol, byte[] payload) {
    ByteBuffer packet = ByteBuffer.allocate(20 + payload.length);
    packet.put((byte) 0x45).put((byte) 0).putShort((short) packet.capacity());
    packet.putInt(0).put((byte) 64).put((byte) protocol).putShort((short) 0);
    packet.put(from.address).put(to.address).put(payload);
    packet.putShort(10, (short) folded(sum(packet.array(), 20)));
    return packet.array();
  }

  private static byte[] version6(Side from, Side to, int protocol, byte[] payload) {
    ByteBuffer packet = ByteBuffer.allocate(40 + payload.length);
    packet.putInt(6 << 28).putShort((short) payload.length);
    packet.put((byte) protocol).put((byte) 64);
    packet.put(from.address).put(to.address).put(payload);
    return packet.array();
  }

  /** Over the pseudo-header too (RFC 9293, section 3.1; RFC 8200, section 8.1). */
  private static int checksum(Side from, Side to, int protocol, byte[] payload) {
    long sum = sum(from.address, from.address.length) + sum(to.address, to.address.length);
    return folded(sum + protocol + payload.length + sum(payload, payload.length));
  }

  private static long sum(byte[] data, int length) {
    long sum = 0;
    for (int i = 0; i < length; i++) {
      sum += (data[i] & 0xff) << (i % 2 == 0 ? 8 : 0);
    }
    return sum;
  }

  private static int folded(long sum) {
    long folded = sum;
    while (folded >> 16 != 0) {
      folded = (folded & 0xffff) + (folded >> 16);
    }
    return (int) (~folded & 0xffff);
  }
}
