// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.Execution;
import dev.sluice.api.ProtocolDetector;
import dev.sluice.session.bridge.CloseRecord;
import dev.sluice.session.bridge.ClosedBy;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.session.bridge.ConnectionView;
import dev.sluice.session.bridge.EndpointOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Several protocols on one port without TLS: the first bytes tell, and none of them is lost. */
class SharedPortTest {

  private static final Duration HOUR = Duration.ofHours(1);

  private record Mark(String text) {}

  /** What the sessions were called with, as one string a protocol. */
  private final Probe alpha = gathering("ALPHA").detects(ProtocolDetector.ofPrefixes("ALPHA/1 "));

  private final Probe beta = gathering("BETA").detects(ProtocolDetector.ofPrefixes("BE", "AL "));
  private final Probe other = gathering("OTHER");

  /** Answers its name, its bytes in brackets, once it has got a full stop. */
  private static Probe gathering(String name) {
    StringBuilder got = new StringBuilder();
    return new Probe()
        .named(name)
        .onData(
            (peer, data) -> {
              got.append(data.toString(ISO_8859_1));
              if (got.indexOf(".") >= 0) {
                peer.write((name + "[" + got + "]").getBytes(ISO_8859_1));
                got.setLength(0);
              }
            });
  }

  private TestNode.Interface all(TestNode node) {
    return node.serve(alpha).beside(beta).beside(other);
  }

  private static EndpointOptions.Limits patience(long millis) {
    EndpointOptions.Limits defaults = EndpointOptions.Limits.defaults();
    return Limits.times(
        defaults.idleTimeout(), Duration.ofMillis(millis), defaults.slowConsumerTimeout());
  }

  private static void assertAnswers(WireClient client, String answer) throws Exception {
    assertThat(client.receive(answer.length())).isEqualTo(answer);
  }

  @ParameterizedTest
  @CsvSource({
    "ALPHA/1 hello., ALPHA",
    "BEgin., BETA",
    "AL pha., BETA",
    "ALPHA/2 hello., OTHER",
    "x., OTHER",
    "., OTHER"
  })
  void whatComesAtOnceAndByteByByteIsRecognisedAlike(String text, String protocol)
      throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = all(node).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send(text);
        assertAnswers(client, protocol + "[" + text + "]");
      }
      try (WireClient client = WireClient.to(server)) {
        for (int i = 0; i < text.length(); i++) {
          client.send(text.substring(i, i + 1));
          long sent = i + 1L;
          TestNode.await("byte " + i, () -> newest(node).bytesIn() == sent);
        }
        assertAnswers(client, protocol + "[" + text + "]");
      }
      assertThat(server.endpoint().metrics().snapshot().protocols())
          .isEqualTo(Map.of(protocol, 2L));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"EVENT_LOOP", "WORKERS"})
  void aLargeFirstWriteArrivesWholeBehindAFewBytes(Execution execution) throws Exception {
    ScriptedProtocol echo = new ScriptedProtocol(execution);
    byte[] bytes = WireClient.noise(1, 300_000);
    bytes[0] = 'A';
    bytes[1] = 'L';
    try (TestNode node = new TestNode()) {
      OpenSslServer server = all(node).beside(echo).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("AL");
        awaitKept(node, 2);
        var upload = client.sendLater(Arrays.copyOfRange(bytes, 2, bytes.length));
        assertThat(client.receiveBytes(bytes.length)).isEqualTo(bytes);
        upload.get();
      }
    }
  }

  @Test
  void theOrderOfTheListDecidesAndAnEarlierOneIsWaitedFor() throws Exception {
    Probe greedy = gathering("GREEDY").detects(ProtocolDetector.ofPrefixes("A"));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(alpha).beside(greedy).beside(other).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("ALPHA/");
        awaitKept(node, 6);
        client.send("1 .");
        assertAnswers(client, "ALPHA[ALPHA/1 .]");
      }
      try (WireClient client = WireClient.to(server)) {
        client.send("ALPHA/");
        awaitKept(node, 6);
        client.send("9 .");
        assertAnswers(client, "GREEDY[ALPHA/9 .]");
      }
    }
  }

  @Test
  void theDefaultMayStandAnywhereAndMayHaveADetector() throws Exception {
    other.detects(ProtocolDetector.ofPrefixes("AL"));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(other).beside(alpha).beside(beta).fallback(other).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("ALPHA/1 .");
        assertAnswers(client, "OTHER[ALPHA/1 .]");
      }
      try (WireClient client = WireClient.to(server)) {
        client.send("BE.");
        assertAnswers(client, "BETA[BE.]");
      }
      try (WireClient client = WireClient.to(server)) {
        client.send("unknown.");
        assertAnswers(client, "OTHER[unknown.]");
      }
    }
  }

  @Test
  void whoDoesNotGoOnIsServedByTheDefaultWhenTheTimeIsOver() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = all(node).limits(patience(500)).listen();
      try (WireClient client = WireClient.to(server)) {
        long begin = System.nanoTime();
        client.send("ALPHA");
        other.session();
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
            .isGreaterThanOrEqualTo(Duration.ofMillis(500));
        client.send("/1 .");
        assertAnswers(client, "OTHER[ALPHA/1 .]");
      }
    }
  }

  @Test
  void theTimeBeginsWithTheFirstByte() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = all(node).limits(patience(400)).listen();
      try (WireClient client = WireClient.to(server);
          WireClient later = WireClient.to(server)) {
        client.send("A");
        other.session();
        assertThat(server.endpoint().unfinished()).as("a silent one may stay").isEqualTo(2);
        later.send("BE.");
        assertAnswers(later, "BETA[BE.]");
      }
    }
  }

  @Test
  void theEndOfTheStreamDecidesForTheDefault() throws Exception {
    try (TestNode node = new TestNode()) {
      ScriptedProtocol echo =
          new ScriptedProtocol(Execution.WORKERS)
              .onInputClosed(
                  conn -> {
                    conn.write("!");
                    conn.writer.closeSocket(conn.id);
                  });
      OpenSslServer server = all(node).beside(echo).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("ALPHA");
        client.shutdownOutput();
        assertThat(client.receiveAll()).asString(ISO_8859_1).isEqualTo("ALPHA!");
      }
      assertThat(echo.session().events).startsWith("inputClosed");
    }
  }

  @Test
  void whoSaysNothingEndsWithoutASession() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = all(node).listen();
      try (WireClient client = WireClient.to(server)) {
        client.shutdownOutput();
        assertThat(client.receiveAll()).isEmpty();
      }
      CloseRecord record = Recorded.only(node);
      Recorded.assertTells(record, "peer_closed", ClosedBy.PEER, null);
      assertThat(record.protocol()).isEqualTo("ALPHA, BETA, OTHER");
      assertThat(server.endpoint().metrics().snapshot().protocols()).isEmpty();
    }
  }

  @Test
  void aDetectorThatThrowsIsCountedAndTheNextOneAsked() throws Exception {
    ProtocolDetector broken =
        new ProtocolDetector() {
          @Override
          public Detection detect(ByteBuf head) {
            throw new StackOverflowError("as code may do");
          }

          @Override
          public int maxBytes() {
            return 100;
          }
        };
    Probe faulty = gathering("FAULTY").detects(broken);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(faulty).beside(beta).beside(other).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("B");
        awaitKept(node, 1);
        client.send("E.");
        assertAnswers(client, "BETA[BE.]");
      }
      assertThat(server.endpoint().metrics().snapshot().errors()).isEqualTo(Map.of("detector", 1L));
    }
  }

  @Test
  void whatADetectorDoesToItsBufferHarmsNobodyAndItsBoundHolds() throws Exception {
    AtomicInteger longest = new AtomicInteger();
    ProtocolDetector wild =
        new ProtocolDetector() {
          @Override
          public Detection detect(ByteBuf head) {
            longest.accumulateAndGet(head.readableBytes(), Math::max);
            assertThat(head.isReadOnly()).isTrue();
            head.skipBytes(head.readableBytes());
            return Detection.NEED_MORE;
          }

          @Override
          public int maxBytes() {
            return 10;
          }
        };
    Probe endless = gathering("ENDLESS").detects(wild);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(endless).beside(other).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("123456789");
        awaitKept(node, 9);
        client.send("0abc.");
        assertAnswers(client, "OTHER[1234567890abc.]");
      }
      assertThat(longest).hasValue(10);
      assertThat(server.endpoint().metrics().snapshot().errors()).isEmpty();
    }
  }

  @Test
  void eachHasItsOwnSettingsThreadsAndWordsOverTheCap() throws Exception {
    beta.execution(Execution.WORKERS)
        .onData((peer, data) -> peer.write(Thread.currentThread().getName().getBytes(ISO_8859_1)));
    for (Probe probe : List.of(alpha, beta, other)) {
      probe.onCapped(
          peer -> {
            peer.write((probe.name() + " busy").getBytes(ISO_8859_1));
            peer.close();
          });
    }
    try (TestNode node = new TestNode()) {
      OpenSslServer server =
          node.serve(alpha)
              .settings(new Mark("a"))
              .beside(beta)
              .settings(new Mark("b"))
              .beside(other)
              .caps(2, 10)
              .listen();
      try (WireClient one = WireClient.to(server);
          WireClient two = WireClient.to(server)) {
        one.send("ALPHA/1 .");
        assertAnswers(one, "ALPHA[ALPHA/1 .]");
        two.send("BE");
        assertAnswers(two, "sluice-worker");
        assertThat(alpha.session().context.settings(Mark.class)).isEqualTo(new Mark("a"));
        assertThat(beta.session().context.settings(Mark.class)).isEqualTo(new Mark("b"));
        for (String[] each :
            List.of(
                new String[] {"ALPHA/1 ", "ALPHA busy"},
                new String[] {"BE", "BETA busy"},
                new String[] {"?", "OTHER busy"})) {
          try (WireClient capped = WireClient.to(server)) {
            capped.send(each[0]);
            assertThat(capped.receiveAll()).asString(ISO_8859_1).isEqualTo(each[1]);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 200})
  void aDrainClosesWhoSaidNothingAndLetsGoOnWhoBegan(long graceMillis) throws Exception {
    try (TestNode node = new TestNode()) {
      ScriptedProtocol echo = new ScriptedProtocol(Execution.EVENT_LOOP);
      OpenSslServer server = all(node).beside(echo).listen();
      try (WireClient silent = WireClient.to(server);
          WireClient begun = WireClient.to(server)) {
        begun.send("ALPHA");
        awaitKept(node, 5);
        TestNode.await("both are in", () -> server.endpoint().unfinished() == 2);

        server.endpoint().drain(HOUR, Duration.ofMillis(graceMillis));

        assertThat(silent.receiveAll()).isEmpty();
        silent.cutOff();
        TestNode.await("it ends", () -> server.endpoint().unfinished() == 1);
        begun.send("/2");
        assertThat(begun.receiveAll())
            .as("and the drain's end")
            .asString(ISO_8859_1)
            .isEqualTo("ALPHA/2");
      }
      assertThat(echo.session().events).startsWith("closeSession");
      TestNode.await("both end", () -> server.endpoint().unfinished() == 0);
      assertThat(server.endpoint().metrics().snapshot().closes())
          .isEqualTo(Map.of("drained", 1L, "session_closed", 1L));
    }
  }

  @Test
  void anUndecidedConnectionIsIdleAsAnyOther() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = all(node).limits(Limits.idle(400, 1 << 20)).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("ALPHA");
        assertThat(client.receiveAll()).isEmpty();
      }
      CloseRecord record = Recorded.only(node);
      Recorded.assertTells(record, "idle_timeout", ClosedBy.NODE, "idle_connection_timeout");
      assertThat(record.protocol()).isEqualTo("ALPHA, BETA, OTHER");
      assertThat(record.bytesIn()).isEqualTo(5);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"close", "abort", "reset"})
  void anUndecidedConnectionCanBeEndedAndLeavesNothing(String how) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = all(node).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("ALPHA");
        awaitKept(node, 5);
        ConnectionView seen = newest(node);
        assertThat(seen.protocol()).isEqualTo("ALPHA, BETA, OTHER");
        assertThat(seen.heldIn()).isEqualTo(5);
        assertThat(seen.bytesIn()).isEqualTo(5);
        switch (how) {
          case "close" ->
              assertThat(
                      node.transport
                          .connections()
                          .close(ConnId.of(seen.id()), CloseReason.CLOSED_BY_OPERATOR))
                  .isTrue();
          case "abort" ->
              assertThat(server.endpoint().abortAll(CloseReason.DRAIN_DEADLINE)).isEqualTo(1);
          default -> client.reset();
        }
        if (how.equals("close")) {
          // What comes behind a close is thrown away, though it would decide.
          client.send("/1 .");
          assertThat(client.receiveAll()).isEmpty();
        }
      }
      TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
      TestNode.await("nothing is kept", () -> node.buffersAlive() == 0);
      assertThat(node.transport.connections().inboundQueued()).isZero();
      assertThat(List.of(alpha.sessions, beta.sessions, other.sessions)).allMatch(List::isEmpty);
    }
  }

  @Test
  void whileTheNodeDoesNotReadNoTimeRuns() throws Exception {
    int limit = 64 << 10;
    ScriptedProtocol greedy =
        new ScriptedProtocol(Execution.EVENT_LOOP)
            .onData((conn, data) -> conn.writer.hold(conn.id, limit + 1));
    try (TestNode node =
        new TestNode(TestNode.options().withQueueLimits(limit, 1 << 30, 1 << 30))) {
      OpenSslServer server = all(node).limits(patience(400)).listen();
      try (WireClient full = WireClient.to(node.serve(greedy).listen());
          WireClient client = WireClient.to(server)) {
        full.send("!");
        TestNode.await(
            "the node is full", () -> node.transport.connections().inboundQueued() > limit);
        client.send("ALPHA");
        awaitKept(node, limit + 1 + 5);
        client.send("/1 .");
        long begin = System.nanoTime();
        TestNode.await("well past the time", () -> System.nanoTime() - begin > 900_000_000L);
        assertThat(other.sessions).isEmpty();
        greedy.session().writer.consumed(greedy.session().id, limit + 1);
        assertAnswers(client, "ALPHA[ALPHA/1 .]");
      }
    }
  }

  private static ConnectionView newest(TestNode node) {
    List<ConnectionView> seen = new ArrayList<>();
    TestNode.await(
        "a connection",
        () -> seen.addAll(node.transport.connections().newest(ConnectionFilter.ALL, 1)));
    return seen.get(0);
  }

  private static void awaitKept(TestNode node, long bytes) {
    TestNode.await(bytes + " kept", () -> node.transport.connections().inboundQueued() == bytes);
  }

  @Test
  void prefixesFitAsFarAsTheyGo() {
    ProtocolDetector detector = ProtocolDetector.ofPrefixes("GET ", "GO");
    assertThat(detector.maxBytes()).isEqualTo(4);
    assertThat(detect(detector, "G")).isEqualTo(ProtocolDetector.Detection.NEED_MORE);
    assertThat(detect(detector, "GE")).isEqualTo(ProtocolDetector.Detection.NEED_MORE);
    assertThat(detect(detector, "GO")).isEqualTo(ProtocolDetector.Detection.RECOGNISED);
    assertThat(detect(detector, "GET ")).isEqualTo(ProtocolDetector.Detection.RECOGNISED);
    assertThat(detect(detector, "GETS")).isEqualTo(ProtocolDetector.Detection.NOT_RECOGNISED);
  }

  private static ProtocolDetector.Detection detect(ProtocolDetector detector, String text) {
    return detector.detect(Unpooled.copiedBuffer(text, ISO_8859_1));
  }
}
