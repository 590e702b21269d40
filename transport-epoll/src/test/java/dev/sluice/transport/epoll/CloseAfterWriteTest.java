// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.transport.epoll.stream.ChannelSettings;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What was written before a close arrives; what comes after it is dropped. */
class CloseAfterWriteTest {

  private static final int LARGE = 8 << 20;

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void aLargeAnswerWrittenJustBeforeTheCloseArrivesWhole(Execution execution, boolean tls)
      throws Exception {
    byte[] answer = WireClient.noise(2, LARGE);
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  session.writer.writeOutbound(session.id, Unpooled.wrappedBuffer(answer));
                  session.writer.closeSocket(session.id);
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("?");
        assertThat(readSlowly(client)).isEqualTo(answer);
      }
      TestNode.await("told", () -> protocol.session().reason != null);
      assertThat(protocol.session().reason).isEqualTo(CloseReason.SESSION_CLOSED);
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void itArrivesWholeAlsoWhileThePeerStillSends(Execution execution, boolean tls) throws Exception {
    byte[] answer = WireClient.noise(3, LARGE);
    AtomicBoolean answered = new AtomicBoolean();
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  assertThat(answered.getAndSet(true)).as("input after the close").isFalse();
                  session.writer.writeOutbound(session.id, Unpooled.wrappedBuffer(answer));
                  session.writer.closeSocket(session.id);
                });
    try (TestNode node = new TestNode()) {
      // What the kernels hold may take a slow reader longer than a peer is waited for otherwise.
      OpenSslServer server = node.serve(protocol).tls(tls).limits(Limits.linger(60_000)).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        CompletableFuture<Void> upload = client.sendLater(WireClient.noise(4, LARGE));
        assertThat(readSlowly(client)).isEqualTo(answer);
        // A TLS client closes both ways at once.
        upload
            .handle((done, failure) -> tls || failure == null)
            .thenAccept(ok -> assertThat(ok).isTrue())
            .get();
      }
      assertThat(protocol.session().received).hasValueLessThanOrEqualTo(ChannelSettings.PASS);
      TestNode.await("told", () -> protocol.session().reason != null);
      assertThat(server.endpoint().metrics().snapshot().errors()).isEmpty();
    }
  }

  /** 64 KiB at a time, with rests, so that the server's output runs full again and again. */
  private static byte[] readSlowly(WireClient client) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream(LARGE);
    byte[] chunk = new byte[64 << 10];
    int read;
    while ((read = client.receiveSome(chunk)) >= 0) {
      all.write(chunk, 0, read);
      LockSupport.parkNanos(200_000);
    }
    return all.toByteArray();
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void responsesOfSeveralThreadsArriveWholeBeforeTheClose(Execution execution, boolean tls)
      throws Exception {
    int length = 300_000;
    ScriptedProtocol protocol = new ScriptedProtocol(execution).silent();
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("?");
        ScriptedProtocol.Conn session = protocol.session();
        CyclicBarrier start = new CyclicBarrier(8);
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          byte[] response = new byte[length];
          java.util.Arrays.fill(response, (byte) ('a' + i));
          writers.add(
              WireClient.later(
                  () -> {
                    start.await();
                    session.writer.writeOutbound(session.id, Unpooled.wrappedBuffer(response));
                    return null;
                  }));
        }
        CompletableFuture.allOf(writers.toArray(CompletableFuture[]::new))
            .thenRun(() -> session.writer.closeSocket(session.id));
        byte[] all = readSlowly(client);
        assertThat(all).hasSize(8 * length);
        int[] seen = new int[8];
        for (int at = 0; at < all.length; at += length) {
          for (int i = at; i < at + length; i++) {
            assertThat(all[i]).isEqualTo(all[at]);
          }
          seen[all[at] - 'a']++;
        }
        assertThat(seen).containsOnly(1);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void afterTheCloseWritesAreRefusedAndInputIsDropped(Execution execution, boolean tls)
      throws Exception {
    ByteBuf tooLate = Unpooled.copiedBuffer(new byte[100]);
    List<Boolean> answers = new ArrayList<>();
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  session.write("last words");
                  session.writer.closeSocket(session.id);
                  answers.add(session.writer.writeOutbound(session.id, tooLate));
                  answers.add(session.writer.isWritable(session.id));
                  answers.add(session.writer.shutdownOutput(session.id));
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("first");
        assertThat(client.receive("last words".length())).isEqualTo("last words");
        long before = protocol.session().received.get();
        if (!tls) {
          client.send(WireClient.noise(5, 1 << 20));
        }
        assertThat(client.receiveAll()).isEmpty();
        assertThat(protocol.session().received).hasValue(before);
      }
      TestNode.await("told", () -> protocol.session().reason != null);
      assertThat(answers).containsExactly(false, false, false);
      assertThat(tooLate.refCnt()).isZero();
      assertThat(protocol.session().events).doesNotContain("inputClosed", "closeSession");
    }
  }

  /**
   * The connection that closes and does not hear of its peer again ends with its linger timeout.
   */
  @ParameterizedTest
  @CsvSource({"false", "true"})
  void aPeerThatNeverEndsDoesNotHoldTheCloseUp(boolean tls) throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(Execution.EVENT_LOOP)
            .onData((session, data) -> session.writer.closeSocket(session.id));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).limits(Limits.linger(300)).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("?");
        TestNode.await("told", () -> protocol.session().reason != null);
        assertThat(server.endpoint().metrics().snapshot().open()).isZero();
      }
    }
  }

  /** Its own side has ended before the close: what comes is still read, or a reset would follow. */
  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void anAnswerBehindWhichOnlyOurSideEndedArrivesWholeAlsoIfACloseFollows(Execution execution)
      throws Exception {
    byte[] answer = WireClient.noise(1, 100_000);
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  if (session.armed) {
                    session.writer.closeSocket(session.id);
                    session.events.add("close");
                  } else {
                    session.armed = true;
                    session.writer.writeOutbound(
                        session.id,
                        Unpooled.wrappedBuffer(answer),
                        written -> session.events.add("written " + written));
                    session.writer.shutdownOutput(session.id);
                  }
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("?");
        TestNode.await("sent", () -> protocol.session().events.contains("written true"));
        client.send("!");
        TestNode.await("close", () -> protocol.session().events.contains("close"));
        client.send(WireClient.noise(2, 1 << 20));
        assertThat(client.receiveAll()).isEqualTo(answer);
        assertThat(protocol.session().reason).as("it waits for the peer's end").isNull();
        client.shutdownOutput();
        TestNode.await("told", () -> protocol.session().reason != null);
      }
    }
  }
}
