// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.Random;

/**
 * A client of datagrams, with a port of its own. Not connected, since the JDK sends no empty
 * datagram then; that answers come from where they should is looked at here.
 */
final class DatagramClient implements AutoCloseable {

  private final DatagramSocket socket;
  private final InetSocketAddress to;
  private final byte[] room = new byte[70_000];
  private byte[] last = {};

  DatagramClient(DatagramServer server) throws IOException {
    this(null, server.address());
  }

  /** From an address of this host, such as 127.1.2.3. */
  DatagramClient(String from, InetSocketAddress to) throws IOException {
    this.to = to;
    // Bound to where it sends from: an unbound one would not say.
    String bind =
        from != null ? from : to.getAddress() instanceof Inet6Address ? "::1" : "127.0.0.1";
    socket = new DatagramSocket(new InetSocketAddress(InetAddress.getByName(bind), 0));
    socket.setReceiveBufferSize(1 << 20);
    socket.setSendBufferSize(1 << 20);
    socket.setSoTimeout((int) TestNode.PATIENCE.toMillis());
  }

  InetSocketAddress address() {
    return (InetSocketAddress) socket.getLocalSocketAddress();
  }

  void send(byte[] data) throws IOException {
    socket.send(new DatagramPacket(data, data.length, to));
  }

  byte[] receive() throws IOException {
    DatagramPacket packet = new DatagramPacket(room, room.length);
    socket.receive(packet);
    if (!packet.getSocketAddress().equals(to)) {
      throw new AssertionError("answered from " + packet.getSocketAddress() + " for " + to);
    }
    last = Arrays.copyOf(packet.getData(), packet.getLength());
    return last;
  }

  /** What was received last. */
  byte[] last() {
    return last;
  }

  /** Whether nothing comes within some milliseconds. */
  boolean silent(int millis) throws IOException {
    socket.setSoTimeout(millis);
    try {
      receive();
      return false;
    } catch (SocketTimeoutException expected) {
      return true;
    } finally {
      socket.setSoTimeout((int) TestNode.PATIENCE.toMillis());
    }
  }

  /** Sends and waits for the answer. */
  byte[] ask(byte[] data) throws IOException {
    send(data);
    return receive();
  }

  static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  @Override
  public void close() {
    socket.close();
  }
}
