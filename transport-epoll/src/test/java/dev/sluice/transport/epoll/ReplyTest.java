// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.Execution;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bytes for a connection from anywhere in the node, by its id alone. */
class ReplyTest {

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void aReplyArrivesFromAnyThread(Execution execution, boolean tls) throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(execution);
    // Once from within the session, once from another's, once from outside.
    try (TestNode node = new TestNode()) {
      protocol.onData(
          (session, data) ->
              node.transport.connections().reply(protocol.sessions.get(0).id, false, data.copy()));
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.to(server);
          WireClient other = WireClient.to(server)) {
        client.send("inside");
        assertThat(client.receive(6)).isEqualTo("inside");
        other.send("beside");
        assertThat(client.receive(6)).isEqualTo("beside");
        ConnId id = protocol.session(0).id;
        ByteBuf data = bytes("outside");
        assertThat(node.transport.connections().reply(id, false, data)).isTrue();
        assertThat(client.receive(7)).isEqualTo("outside");
        TestNode.await("given back", () -> data.refCnt() == 0);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void anUnknownAndAClosedConnectionAnswerFalse(Execution execution) throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(execution);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      List<ByteBuf> buffers = new ArrayList<>();
      for (long value : new long[] {1, -1, 999, Long.MAX_VALUE, Long.MIN_VALUE}) {
        buffers.add(bytes("x"));
        assertThat(
                node.transport
                    .connections()
                    .reply(ConnId.of(value), true, buffers.get(buffers.size() - 1)))
            .isFalse();
      }
      try (WireClient silent = WireClient.to(server)) {
        TestNode.await("accepted", () -> server.endpoint().metrics().snapshot().open() == 1);
        // There is a connection, but nobody who could speak its protocol.
        buffers.add(bytes("x"));
        assertThat(
                node.transport
                    .connections()
                    .reply(ConnId.of(1), false, buffers.get(buffers.size() - 1)))
            .isFalse();
        silent.send("y");
        assertThat(silent.receive(1)).isEqualTo("y");
        ScriptedProtocol.Conn session = protocol.session();
        session.writer.closeSocket(session.id);
        buffers.add(bytes("x"));
        assertThat(
                node.transport
                    .connections()
                    .reply(session.id, false, buffers.get(buffers.size() - 1)))
            .isFalse();
        assertThat(silent.receiveAll()).isEmpty();
      }
      TestNode.await("told", () -> protocol.session().reason != null);
      buffers.add(bytes("x"));
      assertThat(
              node.transport
                  .connections()
                  .reply(protocol.session().id, false, buffers.get(buffers.size() - 1)))
          .isFalse();
      assertThat(buffers).allMatch(buffer -> buffer.refCnt() == 0);
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void aReplyThatTerminatesClosesBehindItsBytes(Execution execution, boolean tls) throws Exception {
    byte[] last = WireClient.noise(1, 4 << 20);
    ScriptedProtocol protocol = new ScriptedProtocol(execution).silent();
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("x");
        ScriptedProtocol.Conn session = protocol.session();
        assertThat(
                node.transport.connections().reply(session.id, true, Unpooled.wrappedBuffer(last)))
            .isTrue();
        assertThat(client.receiveAll()).isEqualTo(last);
        TestNode.await(
            "refused", () -> !node.transport.connections().reply(session.id, true, bytes("again")));
      }
      TestNode.await("told", () -> protocol.session().reason != null);
      assertThat(protocol.session().events).contains("closeSession");
      assertThat(protocol.session().reason).isEqualTo(CloseReason.SESSION_CLOSED);
    }
  }

  @Test
  void repliesToASessionThatDoesNotGetRoundToThemAreBounded() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    ScriptedProtocol protocol =
        new ScriptedProtocol(Execution.WORKERS)
            .onData((session, data) -> TestNode.await("released", () -> busy.getCount() == 0));
    byte[] block = new byte[64 << 10];
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("x");
        TestNode.await("made", () -> protocol.creates.get() == 1);
        ConnId id = protocol.session().id;
        int accepted = 0;
        while (node.transport.connections().reply(id, false, Unpooled.wrappedBuffer(block))) {
          accepted++;
        }
        int bound = server.endpoint().options().limits().hardMark() + block.length;
        assertThat(accepted * block.length).isBetween(bound - block.length, bound);
        busy.countDown();
        assertThat(client.receiveBytes(accepted * block.length)).hasSize(accepted * block.length);
        assertThat(node.transport.connections().reply(id, false, bytes("again"))).isTrue();
        assertThat(client.receive(5)).isEqualTo("again");
      }
    }
  }

  /** Every buffer is given back, whatever the answer was, and nobody is told of an unknown id. */
  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void repliesThatRaceWithTheCloseOfAThousandConnectionsLeaveNothing(Execution execution)
      throws Exception {
    int connections = 1000;
    ScriptedProtocol protocol = new ScriptedProtocol(execution);
    Queue<ByteBuf> buffers = new ConcurrentLinkedQueue<>();
    List<WireClient> clients = new ArrayList<>();
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      for (int i = 0; i < connections; i++) {
        WireClient client = WireClient.to(server);
        clients.add(client);
        client.send("x");
      }
      for (WireClient client : clients) {
        client.receive(1);
      }
      CyclicBarrier start = new CyclicBarrier(5);
      List<CompletableFuture<Void>> threads = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        int own = thread;
        threads.add(
            WireClient.later(
                () -> {
                  start.await();
                  for (int round = 0; round < 3; round++) {
                    for (int i = 0; i < connections; i++) {
                      ByteBuf data = bytes("reply");
                      buffers.add(data);
                      node.transport
                          .connections()
                          .reply(ConnId.of(i + 1), (own + i + round) % 7 == 0, data);
                      ByteBuf nobody = bytes("reply");
                      buffers.add(nobody);
                      assertThat(
                              node.transport
                                  .connections()
                                  .reply(ConnId.of(connections + 1 + i), false, nobody))
                          .isFalse();
                    }
                  }
                  return null;
                }));
      }
      assertThat(node.transport.connections().reply(ConnId.of(1), false, bytes("first"))).isTrue();
      start.await();
      for (int i = 0; i < connections; i++) {
        if (i % 3 == 0) {
          clients.get(i).reset();
        } else if (i % 3 == 1) {
          clients.get(i).close();
        } else {
          ConnId id = ConnId.of(i + 1);
          ScriptedProtocol.Conn session =
              protocol.sessions.stream().filter(s -> s.id.equals(id)).findAny().orElseThrow();
          session.writer.abort(session.id, CloseReason.TERMINATED);
        }
      }
      for (CompletableFuture<Void> thread : threads) {
        thread.get();
      }
      TestNode.await("all have ended", () -> server.endpoint().unfinished() == 0);
      TestNode.await("given back", () -> buffers.stream().allMatch(b -> b.refCnt() == 0));
      assertThat(node.transport.connections().reply(ConnId.of(1), false, bytes("gone"))).isFalse();
      assertThat(server.endpoint().metrics().snapshot().errors()).isEmpty();
    } finally {
      clients.forEach(WireClient::close);
    }
  }
}
