// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/**
 * A listener on loopback whose queue is full and that accepts nobody: the kernel drops whoever
 * comes, as a filter on the way would.
 */
final class Sinkhole implements AutoCloseable {

  private static final int FULL_MILLIS = 300;

  private final ServerSocket listener;
  private final List<Socket> queued = new ArrayList<>();

  Sinkhole(InetAddress address, int port) throws IOException {
    listener = new ServerSocket(port, 1, address);
    while (true) {
      Socket socket = new Socket();
      queued.add(socket);
      try {
        socket.connect(listener.getLocalSocketAddress(), FULL_MILLIS);
      } catch (SocketTimeoutException full) {
        return;
      }
    }
  }

  InetSocketAddress address() {
    return (InetSocketAddress) listener.getLocalSocketAddress();
  }

  @Override
  public void close() {
    try {
      for (Socket socket : queued) {
        socket.close();
      }
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
