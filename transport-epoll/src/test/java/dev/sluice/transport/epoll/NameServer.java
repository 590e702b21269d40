// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.transport.epoll.outbound.OutboundSettings;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A name server on loopback (RFC 1035) that knows what a test tells it, and NXDOMAIN. */
final class NameServer implements AutoCloseable {

  private static final int AAAA = 28;
  private static final int A = 1;
  private static final int NXDOMAIN = 3;

  private final DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
  private final Map<String, List<InetAddress>> names = new ConcurrentHashMap<>();
  private volatile boolean silent;

  NameServer() throws IOException {
    Thread thread = new Thread(this::serve, "test-name-server");
    thread.setDaemon(true);
    thread.start();
  }

  NameServer knows(String name, String... addresses) throws IOException {
    InetAddress[] parsed = new InetAddress[addresses.length];
    for (int i = 0; i < addresses.length; i++) {
      parsed[i] = InetAddress.getByName(addresses[i]);
    }
    names.put(name, List.of(parsed));
    return this;
  }

  NameServer silent() {
    silent = true;
    return this;
  }

  OutboundSettings settings() {
    OutboundSettings defaults = OutboundSettings.defaults();
    return new OutboundSettings(
        defaults.maxConnections(),
        defaults.connectTimeout(),
        defaults.limits(),
        List.of((InetSocketAddress) socket.getLocalSocketAddress()),
        defaults.userTimeout());
  }

  private void serve() {
    byte[] buffer = new byte[1500];
    try {
      while (true) {
        DatagramPacket query = new DatagramPacket(buffer, buffer.length);
        socket.receive(query);
        if (!silent) {
          byte[] answer = answer(ByteBuffer.wrap(buffer, 0, query.getLength()));
          socket.send(new DatagramPacket(answer, answer.length, query.getSocketAddress()));
        }
      }
    } catch (IOException closed) {
      // The end of the test.
    }
  }

  private byte[] answer(ByteBuffer query) throws IOException {
    int id = query.getShort(0) & 0xffff;
    query.position(12);
    StringBuilder name = new StringBuilder();
    for (int length = query.get(); length > 0; length = query.get()) {
      byte[] label = new byte[length];
      query.get(label);
      name.append(name.isEmpty() ? "" : ".").append(new String(label, StandardCharsets.US_ASCII));
    }
    int type = query.getShort();
    int questionEnd = query.position() + 2;
    List<InetAddress> known = names.get(name.toString());
    List<InetAddress> found =
        known == null
            ? List.of()
            : known.stream()
                .filter(each -> type == (each instanceof Inet6Address ? AAAA : A))
                .toList();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeShort(id);
    out.writeShort(0x8180 | (known == null ? NXDOMAIN : 0));
    out.writeShort(1);
    out.writeShort(found.size());
    out.writeInt(0);
    byte[] question = new byte[questionEnd - 12];
    query.get(12, question);
    out.write(question);
    for (InetAddress address : found) {
      out.writeShort(0xc00c);
      out.writeShort(type);
      out.writeShort(1);
      out.writeInt(60);
      out.writeShort(address.getAddress().length);
      out.write(address.getAddress());
    }
    return bytes.toByteArray();
  }

  @Override
  public void close() {
    socket.close();
  }
}
