// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.session.bridge.EndpointMetrics;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A flood costs those who share the interface, or only its loop, some patience and no more. */
@Timeout(120)
class DatagramFloodTest {

  /** How many of the flood may be served between a question and its answer: a full socket's. */
  private static final long BEFORE = 2000;

  private static final int FLOOD = Integer.getInteger("sluice.test.flood", 50_000);

  /** Sends until it is told to stop, or so many. */
  private static final class Flood extends Thread implements AutoCloseable {
    private final DatagramClient client;
    private final int most;
    private final AtomicInteger sent = new AtomicInteger();
    private volatile boolean over;

    Flood(DatagramServer server, int most) throws IOException {
      this.client = new DatagramClient(server);
      this.most = most;
      start();
    }

    @Override
    public void run() {
      byte[] data = new byte[64];
      try {
        while (!over && sent.get() < most) {
          client.send(data);
          sent.incrementAndGet();
        }
      } catch (IOException e) {
        if (!over) {
          throw new IllegalStateException(e);
        }
      }
    }

    @Override
    public void close() {
      over = true;
      TestNode.await("the flood ends", () -> !isAlive());
      client.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void othersAreAnsweredDuringAFlood(Execution execution) throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(execution);
    ScriptedProtocol stream = new ScriptedProtocol(Execution.EVENT_LOOP);
    // One loop: the stream's connection shares it with the flood.
    try (TestNode node = new TestNode(TestNode.options().withThreads(1, 4))) {
      DatagramServer server = node.serve(protocol).udp();
      OpenSslServer tcp = node.serve(stream).listen();
      try (Flood flood = new Flood(server, FLOOD);
          DatagramClient other = new DatagramClient(server);
          WireClient connection = WireClient.to(tcp)) {
        long[] before = new long[200];
        for (int i = 0; i < before.length; i++) {
          byte[] mine = Unpooled.buffer(4).writeInt(i).array();
          long from = received(server);
          other.send(mine);
          // The kernel drops what its buffer has no room for, whoever sent it.
          while (!Arrays.equals(receive(other), mine)) {
            other.send(mine);
          }
          before[i] = received(server) - from;
          if (i % 10 == 0) {
            connection.send("x");
            assertThat(connection.receive(1)).isEqualTo("x");
          }
        }
        Arrays.sort(before);
        assertThat(before[before.length / 2]).as("the median").isLessThan(BEFORE);
        TestNode.await("the flood is over", () -> flood.sent.get() == FLOOD);
        // Its answer shows that all before it has been received.
        byte[] last = Unpooled.buffer(4).writeInt(before.length).array();
        do {
          other.send(last);
        } while (!Arrays.equals(receive(other), last));
      }
      assertThat(server.endpoint().metrics().snapshot().accepted()).isEqualTo(2);
      assertThat(received(server)).isGreaterThan(FLOOD / 20);
    }
  }

  private static long received(DatagramServer server) {
    return server.endpoint().metrics().snapshot().datagramsIn();
  }

  private static byte[] receive(DatagramClient client) throws IOException {
    return client.silent(20) ? null : client.last();
  }

  @Test
  void manyPassesBringEveryDatagramOnce() throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(Execution.EVENT_LOOP);
    try (TestNode node = new TestNode()) {
      DatagramServer server = node.serve(protocol).udp();
      try (DatagramClient client = new DatagramClient(server)) {
        // More than a pass, less than the kernel's buffer.
        for (int round = 0; round < 50; round++) {
          for (int i = 0; i < 100; i++) {
            client.send(Unpooled.buffer(4).writeInt(round * 100 + i).array());
          }
          for (int i = 0; i < 100; i++) {
            assertThat(Unpooled.wrappedBuffer(client.receive()).readInt())
                .isEqualTo(round * 100 + i);
          }
        }
        TestNode.await(
            "figures", () -> server.endpoint().metrics().snapshot().datagramsOut() == 5000);
        EndpointMetrics.Snapshot figures = server.endpoint().metrics().snapshot();
        assertThat(figures.datagramsIn()).isEqualTo(5000);
        assertThat(figures.bytesIn()).isEqualTo(20_000);
        assertThat(figures.bytesOut()).isEqualTo(20_000);
        assertThat(figures.errors()).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStopDuringAFloodEndsEverySession(Execution execution) throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(execution);
    try (TestNode node = new TestNode()) {
      DatagramServer server = node.serve(protocol).udp();
      try (Flood one = new Flood(server, Integer.MAX_VALUE);
          Flood two = new Flood(server, Integer.MAX_VALUE)) {
        TestNode.await("both flood", () -> protocol.sessions.size() == 2);
        server.close();
        server.endpoint().drain(Duration.ofSeconds(5), Duration.ZERO);
        TestNode.await("sessions end", () -> server.endpoint().unfinished() == 0);
        assertThat(server.endpoint().metrics().snapshot().closes())
            .isEqualTo(Map.of(CloseReason.SESSION_CLOSED.code(), 2L));
        assertThat(one.isAlive() && two.isAlive()).isTrue();
        int port = server.address().getPort();
        TestNode.await("the port is free", () -> bindsAgain(node, port));
      }
      assertThat(protocol.creates).hasValue(2);
    }
  }

  private static boolean bindsAgain(TestNode node, int port) {
    try {
      node.serve(new Probe()).port(port).bindUdp();
      return true;
    } catch (IOException taken) {
      return false;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
