// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A process without descriptors rests from accepting, says so, and comes back. */
class DescriptorsTest {

  private static final int DESCRIPTORS = 120;

  @Test
  void whenDescriptorsRunOutTheNodeServesWhomItHasAndOthersLater() throws Exception {
    List<Socket> clients = new ArrayList<>();
    try (EchoProcess node = new EchoProcess(DESCRIPTORS)) {
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), node.port());
      Socket first = connect(address, clients);
      assertEchoes(first);
      // The kernel completes connections that the process can't accept.
      for (int i = 0; i < DESCRIPTORS; i++) {
        connect(address, clients);
      }
      Socket waiting = clients.get(clients.size() - 1);
      TestNode.await("accepting fails", () -> failures(node) > 0);
      long before = failures(node);
      TestNode.await("it is tried again", () -> failures(node) >= before + 5);
      assertThat(logged(node)).hasSize(1);
      assertEchoes(first);
      waiting.setSoTimeout(200);
      waiting.getOutputStream().write('w');
      assertThat(answers(waiting)).isFalse();

      // Room comes and goes many times: each time somebody is served, and the log stays short.
      waiting.setSoTimeout((int) TestNode.PATIENCE.toMillis());
      for (int i = 1; i <= DESCRIPTORS; i++) {
        if (clients.get(i) != waiting) {
          clients.get(i).close();
        }
        if (i % 10 == 0) {
          long failed = failures(node);
          TestNode.await(
              "full again, or all served",
              Duration.ofSeconds(2),
              () -> failures(node) > failed || answered(waiting));
        }
      }
      assertThat(waiting.getInputStream().read()).isEqualTo('w');
      assertEchoes(connect(address, clients));
      assertThat(logged(node)).hasSize(1);
    } finally {
      for (Socket client : clients) {
        client.close();
      }
    }
  }

  private static List<String> logged(EchoProcess node) {
    return node.lines.stream().filter(line -> line.contains("accepting rests")).toList();
  }

  private static long failures(EchoProcess node) {
    try {
      return node.failures();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean answered(Socket waiting) {
    try {
      return waiting.getInputStream().available() > 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean answers(Socket waiting) throws IOException {
    try {
      return waiting.getInputStream().read() >= 0;
    } catch (SocketTimeoutException none) {
      return false;
    }
  }

  private static Socket connect(InetSocketAddress address, List<Socket> into) throws IOException {
    Socket socket = new Socket();
    into.add(socket);
    socket.setSoTimeout((int) TestNode.PATIENCE.toMillis());
    socket.connect(address);
    return socket;
  }

  private static void assertEchoes(Socket client) throws IOException {
    client.getOutputStream().write("hello".getBytes(US_ASCII));
    assertThat(client.getInputStream().readNBytes(5)).asString(US_ASCII).isEqualTo("hello");
  }
}
