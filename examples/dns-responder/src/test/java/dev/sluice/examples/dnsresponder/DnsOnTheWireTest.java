// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.dnsresponder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.examples.dnsresponder.Queries.Answer;
import dev.sluice.nodetest.SluiceNode;
import dev.sluice.session.bridge.EndpointMetrics;
import io.netty.handler.codec.dns.DnsRecordType;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The responder on a node's socket. */
@Timeout(120)
class DnsOnTheWireTest {

  private static final int GARBAGE = 20_000;

  @Test
  void garbageIsSurvived() throws Exception {
    try (SluiceNode node = SluiceNode.with(new DnsResponder()).settings(Queries.YAML).start();
        DatagramSocket socket = new DatagramSocket()) {
      InetSocketAddress address = node.udpAddress();
      socket.setSoTimeout(500);
      Random random = new Random(4711);
      byte[] query = Queries.query(1, "www.example.test", DnsRecordType.A);
      for (int i = 0; i < GARBAGE; i++) {
        byte[] garbage = garbage(random, query);
        socket.send(new DatagramPacket(garbage, garbage.length, address));
        if (i % 100 == 0) {
          // Also keeps the kernel's buffer from running over.
          assertThat(answer(socket, address, 1 + i).records()).hasSize(2);
        }
      }
      // The last of the garbage may be looked at long after it was sent.
      assertThat(node.awaitClosed()).isNotEmpty();
      EndpointMetrics.Snapshot figures = node.figures("udp");
      assertThat(figures.datagramsIn()).isGreaterThan(GARBAGE);
      assertThat(figures.errors()).isEmpty();
      assertThat(figures.counters()).containsKeys("no_query", "malformed", "refused", "answered");
      assertThat(figures.open()).isZero();
    }
  }

  /** Noise, or a query with a few bytes changed or missing. */
  private static byte[] garbage(Random random, byte[] query) {
    byte[] garbage =
        random.nextBoolean()
            ? new byte[random.nextInt(600)]
            : Arrays.copyOf(query, query.length - random.nextInt(5));
    if (garbage.length < 50 && garbage.length > 20) {
      for (int i = random.nextInt(4); i > 0; i--) {
        garbage[random.nextInt(garbage.length)] = (byte) random.nextInt();
      }
    } else {
      random.nextBytes(garbage);
    }
    return garbage;
  }

  /** Asks until there is an answer to this very question, as clients do. */
  private static Answer answer(DatagramSocket socket, InetSocketAddress to, int number)
      throws Exception {
    int id = 0x8000 | (number & 0x7fff);
    byte[] query = Queries.query(id, "www.example.test", DnsRecordType.A);
    for (int tries = 0; tries < 20; tries++) {
      socket.send(new DatagramPacket(query, query.length, to));
      try {
        while (true) {
          byte[] received = receive(socket);
          if ((((received[0] & 0xff) << 8) | (received[1] & 0xff)) == id) {
            return Answer.of(received);
          }
        }
      } catch (SocketTimeoutException lost) {
        // Again.
      }
    }
    throw new AssertionError("no answer to question " + number);
  }

  private static byte[] receive(DatagramSocket socket) throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
    socket.receive(packet);
    return Arrays.copyOf(packet.getData(), packet.getLength());
  }
}
