// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.CRC32;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a peer sends reaches its session, and only its session, to the last byte. */
class WholeDataTest {

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void aWriteLargerThanAReadPassArrivesWholeThoughSilenceFollows(Execution execution, boolean tls)
      throws Exception {
    byte[] sent = WireClient.noise(1, 512 << 10);
    ScriptedProtocol protocol = new ScriptedProtocol(execution).silent();
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send(sent);
        ScriptedProtocol.Conn session = protocol.session();
        TestNode.await("all arrives", () -> session.received.get() == sent.length);
        assertThat(session.checksum()).isEqualTo(checksum(sent));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS", "VIRTUAL_THREADS"})
  void sixteenConnectionsThroughTlsAreAnsweredAtOnce(Execution execution) throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(execution);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls().listen();
      List<CompletableFuture<byte[]>> answers = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        int seed = i;
        answers.add(
            WireClient.later(
                () -> {
                  try (WireClient client = WireClient.to(server)) {
                    CompletableFuture<Void> writing =
                        client.sendLater(WireClient.noise(seed, 200_000));
                    byte[] answer = client.receiveBytes(200_000);
                    writing.get();
                    return answer;
                  }
                }));
      }
      for (int i = 0; i < answers.size(); i++) {
        assertThat(answers.get(i).get()).isEqualTo(WireClient.noise(i, 200_000));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void aThousandConnectionsAtOnceAreEachAnswered(Execution execution) throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(execution);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      List<WireClient> clients = new ArrayList<>();
      try {
        for (int i = 0; i < 1000; i++) {
          clients.add(WireClient.to(server));
        }
        for (int i = 0; i < clients.size(); i++) {
          clients.get(i).send(WireClient.noise(i, 2000));
        }
        for (int i = 0; i < clients.size(); i++) {
          assertThat(clients.get(i).receiveBytes(2000)).isEqualTo(WireClient.noise(i, 2000));
        }
        assertThat(server.endpoint().metrics().snapshot().peak()).isEqualTo(1000);
      } finally {
        clients.forEach(WireClient::close);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void answersOfAnotherThreadArriveThoughTheSessionHasReturned(Execution execution, boolean tls)
      throws Exception {
    ExecutorService answering = Executors.newSingleThreadExecutor();
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  ByteBuf kept = Unpooled.copiedBuffer(data);
                  answering.execute(() -> session.writer.writeOutbound(session.id, kept));
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.to(server)) {
        for (int i = 0; i < 20; i++) {
          client.send("question " + i + ";");
          assertThat(client.receive(("question " + i + ";").length()))
              .isEqualTo("question " + i + ";");
        }
      }
    } finally {
      answering.shutdown();
    }
  }

  static long checksum(byte[] bytes) {
    CRC32 sum = new CRC32();
    sum.update(bytes);
    return sum.getValue();
  }
}
