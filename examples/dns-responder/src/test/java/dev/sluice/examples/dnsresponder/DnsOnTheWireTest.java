// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.dnsresponder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.rpc.RpcMap;
import dev.sluice.examples.dnsresponder.Queries.Answer;
import dev.sluice.session.bridge.Connections;
import dev.sluice.session.bridge.DatagramOptions;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.session.bridge.Protocol;
import dev.sluice.transport.epoll.DatagramServer;
import dev.sluice.transport.epoll.EpollTransport;
import dev.sluice.transport.epoll.InterfaceOptions;
import dev.sluice.transport.epoll.TransportOptions;
import io.netty.handler.codec.dns.DnsRecordType;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The responder on a node's socket. */
@Timeout(120)
class DnsOnTheWireTest {

  private static final int GARBAGE = 20_000;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @Test
  void garbageIsSurvived() throws Exception {
    EpollTransport transport = new EpollTransport(TransportOptions.defaults().withThreads(1, 1));
    DatagramServer server =
        transport.datagramServer(
            new InterfaceOptions(
                "dns",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Protocol.of(new DnsResponder()),
                Queries.SETTINGS,
                RpcMap.EMPTY,
                null,
                100,
                110,
                EndpointOptions.Limits.defaults(),
                1),
            DatagramOptions.defaults());
    try (DatagramSocket socket = new DatagramSocket()) {
      InetSocketAddress address = server.bind();
      server.listen();
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
      awaitNothingLeft(transport);
      EndpointMetrics.Snapshot figures = server.endpoint().metrics().snapshot();
      assertThat(figures.datagramsIn()).isGreaterThan(GARBAGE);
      assertThat(figures.errors()).isEmpty();
      assertThat(figures.counters()).containsKeys("no_query", "malformed", "refused", "answered");
      assertThat(figures.open()).isZero();
    } finally {
      server.close();
      assertThat(transport.stop(PATIENCE)).isEmpty();
    }
    awaitNothingLeft(transport);
  }

  /** The last of the garbage may be looked at long after it was sent. */
  private static void awaitNothingLeft(EpollTransport transport) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!transport.connections().remains().equals(Connections.Remains.NOTHING)) {
      assertThat(System.nanoTime() - deadline)
          .as("stays: " + transport.connections().remains())
          .isNegative();
      LockSupport.parkNanos(1_000_000);
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
