// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.transport.epoll.stream.ChannelSettings;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A peer that ends, in order or not, half or wholly, while the session is idle or at work. */
class PeerEndTest {

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void aPeerThatHasEndedItsSideStillGetsItsAnswer(Execution execution) throws Exception {
    byte[] answer = WireClient.noise(1, 4 << 20);
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .silent()
            .onInputClosed(
                session -> {
                  session.writer.writeOutbound(session.id, Unpooled.wrappedBuffer(answer));
                  session.writer.closeSocket(session.id);
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send(WireClient.noise(2, 1 << 20));
        client.shutdownOutput();
        assertThat(client.receiveAll()).isEqualTo(answer);
      }
      ScriptedProtocol.Conn session = protocol.session();
      TestNode.await("told", () -> session.reason != null);
      assertThat(session.received).hasValue(1 << 20);
      assertThat(session.events).startsWith("inputClosed").endsWith("closed peer_closed");
    }
  }

  /** As before, and the answer comes from another thread, long after the session has returned. */
  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void aSessionThatDoesNotCloseMayAnswerWheneverItLikes(Execution execution) throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(execution).silent().onInputClosed(s -> {});
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("?");
        client.shutdownOutput();
        ScriptedProtocol.Conn session = protocol.session();
        TestNode.await("told", () -> session.events.contains("inputClosed"));
        for (int i = 0; i < 3; i++) {
          byte[] answer = WireClient.noise(i, 4 << 20);
          assertThat(session.write("answer")).isTrue();
          assertThat(client.receive(6)).isEqualTo("answer");
          assertThat(session.writer.writeOutbound(session.id, Unpooled.wrappedBuffer(answer)))
              .isTrue();
          assertThat(client.receiveBytes(answer.length)).isEqualTo(answer);
        }
        session.writer.closeSocket(session.id);
        assertThat(client.receiveAll()).isEmpty();
        TestNode.await("told", () -> session.reason != null);
        assertThat(session.reason).isEqualTo(CloseReason.PEER_CLOSED);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void aSessionThatSaysNothingAboutItEndsWithItsPeer(Execution execution, boolean tls)
      throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(new RawEcho(execution)).tls(tls).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("x");
        assertThat(client.receive(1)).isEqualTo("x");
        if (!tls) {
          client.shutdownOutput();
          assertThat(client.receiveAll()).isEmpty();
        }
      }
      TestNode.await("ended", () -> server.endpoint().unfinished() == 0);
      assertThat(server.endpoint().metrics().snapshot().closes()).containsOnlyKeys("peer_closed");
    }
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void whatWaitsForAWorkerIsDeliveredBeforeTheEndIsTold(boolean tls) throws Exception {
    int length = 700_000;
    CountDownLatch latch = new CountDownLatch(1);
    AtomicLong atEnd = new AtomicLong();
    ScriptedProtocol protocol =
        new ScriptedProtocol(Execution.WORKERS)
            .onData((session, data) -> await(latch))
            .onInputClosed(session -> atEnd.compareAndSet(0, session.received.get()))
            .onClosed((session, reason) -> atEnd.compareAndSet(0, session.received.get()));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try {
        try (WireClient client = WireClient.to(server)) {
          client.send(WireClient.noise(1, length));
          if (!tls) {
            client.shutdownOutput();
          }
        }
        // Until then the kernel may still have the end of it.
        TestNode.await("all is in", () -> node.transport.connections().inboundQueued() >= length);
        assertThat(protocol.session().events).isEmpty();
      } finally {
        latch.countDown();
      }
      TestNode.await("told", () -> atEnd.get() > 0);
      assertThat(atEnd).hasValue(length);
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void aSessionThatHasEndedItsSideStillHears(Execution execution) throws Exception {
    AtomicBoolean shut = new AtomicBoolean();
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  if (session.write("bye")) {
                    shut.set(session.writer.shutdownOutput(session.id));
                    session.armed = session.write("too late");
                  }
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("?");
        assertThat(new String(client.receiveAll(), StandardCharsets.US_ASCII)).isEqualTo("bye");
        TestNode.await("shut", shut::get);
        client.send(WireClient.noise(1, 1 << 20));
        ScriptedProtocol.Conn session = protocol.session();
        TestNode.await("heard", () -> session.received.get() == 1 + (1 << 20));
        assertThat(session.reason).isNull();
        assertThat(session.armed).isFalse();
        client.shutdownOutput();
        TestNode.await("told", () -> session.reason != null);
        assertThat(session.events).containsExactly("inputClosed", "closed peer_closed");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void underTlsTheNodesSideCanNotEndAlone(Execution execution) throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) ->
                    session.write(session.writer.shutdownOutput(session.id) ? "yes" : "no!"));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls().listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("?");
        assertThat(client.receive(3)).isEqualTo("no!");
      }
      TestNode.await("told", () -> protocol.session().reason != null);
      assertThat(protocol.session().events).containsExactly("inputClosed", "closed peer_closed");
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void aResetIsToldOnceAndAsSuch(Execution execution, boolean tls) throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(execution);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      WireClient client = WireClient.to(server);
      client.send("x");
      assertThat(client.receive(1)).isEqualTo("x");
      client.reset();
      TestNode.await("told", () -> protocol.session().reason != null);
      TestNode.await("ended", () -> server.endpoint().unfinished() == 0);
      assertThat(protocol.session().events).containsExactly("closed peer_reset");
      assertThat(server.endpoint().metrics().snapshot().closes()).containsOnlyKeys("peer_reset");
      assertThat(server.endpoint().metrics().snapshot().errors()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void aSessionAtWorkIsToldWhenItHasReturned(boolean tls, boolean reset) throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    ScriptedProtocol protocol =
        new ScriptedProtocol(Execution.WORKERS)
            .onData(
                (session, data) -> {
                  await(latch);
                  session.events.add("returned");
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try {
        try (WireClient client = WireClient.to(server)) {
          client.send("?");
          TestNode.await("at work", () -> !protocol.sessions.isEmpty());
          TestNode.await("at work", () -> protocol.session().received.get() == 1);
          if (reset) {
            client.reset();
          }
        }
        TestNode.await("the socket is gone", () -> !reset || node.socketsGone());
        assertThat(protocol.session().events).isEmpty();
        assertThat(server.endpoint().unfinished()).isEqualTo(1);
      } finally {
        latch.countDown();
      }
      TestNode.await("told", () -> protocol.session().reason != null);
      assertThat(protocol.session().events).first().isEqualTo("returned");
      assertThat(protocol.session().reason)
          .isEqualTo(reset ? CloseReason.PEER_RESET : CloseReason.PEER_CLOSED);
    }
  }

  /**
   * What a peer sent before it ended is read like any other input: in large pieces and as slowly as
   * the session wants it.
   */
  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void whatCameJustBeforeTheEndIsReadInLargePieces(Execution execution, boolean tls)
      throws Exception {
    int length = 2 << 20;
    AtomicInteger calls = new AtomicInteger();
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  session.writer.pauseReads(session.id);
                  if (calls.getAndIncrement() > 0) {
                    session.context.schedule(
                        Duration.ofMillis(2), () -> session.writer.resumeReads(session.id));
                  }
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      WireClient client = WireClient.to(server);
      client.send("first");
      ScriptedProtocol.Conn session = protocol.session();
      TestNode.await("paused", () -> calls.get() == 1);
      client.send(WireClient.noise(1, length));
      client.cutOff();
      // The end of the stream does not make the pause void: the rest stays with the kernel.
      node.awaitPaused(1);
      node.goRound();
      session.awaitTurn();
      assertThat(session.received.get()).isLessThanOrEqualTo(5 + 4 * ChannelSettings.PASS);
      session.writer.resumeReads(session.id);
      TestNode.await("told", () -> session.reason != null);
      assertThat(session.reason).isEqualTo(CloseReason.PEER_CLOSED);
      assertThat(session.received).hasValue(5 + length);
      assertThat(calls).hasValueLessThan(1000);
    }
  }
}
