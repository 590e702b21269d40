// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.CaptureRedactor;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.Transport;
import dev.sluice.capture.Capture;
import dev.sluice.capture.CaptureRecord.Event;
import dev.sluice.capture.CaptureRecord.Lost;
import dev.sluice.capture.CaptureRecord.Way;
import dev.sluice.capture.CaptureRecord.What;
import dev.sluice.capture.CapturedSession;
import dev.sluice.platform.capture.CaptureRefusedException;
import dev.sluice.platform.capture.CaptureRequest;
import dev.sluice.platform.capture.CaptureStatus;
import dev.sluice.platform.replay.Replay;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.session.bridge.Protocol;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sessions of a real node are recorded as they were, within bounds, and at nobody's cost. */
class CapturesTest {

  private static final CaptureRequest PLAIN = of(NodeText.PLAIN);

  @TempDir Path folder;

  /** Answers whatever comes in capitals. */
  private static final class Shout implements CustomProtocolSubsystem {

    private final Optional<CaptureRedactor> redactor;

    Shout() {
      this.redactor = Optional.empty();
    }

    Shout(CaptureRedactor redactor) {
      this.redactor = Optional.of(redactor);
    }

    @Override
    public String name() {
      return "SHOUT";
    }

    @Override
    public Set<Transport> transports() {
      return Set.of(Transport.TCP, Transport.UDP);
    }

    @Override
    public Optional<CaptureRedactor> captureRedactor() {
      return redactor;
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return new Session() {
        @Override
        public void handleIncomingData(ByteBuf data) {
          ByteBuf answer = data.copy();
          for (int i = answer.readerIndex(); i < answer.writerIndex(); i++) {
            answer.setByte(i, Character.toUpperCase(answer.getByte(i)));
          }
          writer.writeOutbound(id, answer);
        }

        @Override
        public void closeSession() {
          writer.closeSocket(id);
        }
      };
    }
  }

  /** Does the same to all bytes. */
  private record Redacting(Function<byte[], byte[]> with) implements CaptureRedactor {
    @Override
    public Redaction begin() {
      return new Redaction() {
        @Override
        public void received(byte[] data) {
          byte[] redacted = with.apply(data);
          System.arraycopy(redacted, 0, data, 0, data.length);
        }

        @Override
        public void sent(byte[] data) {
          received(data);
        }
      };
    }
  }

  private static CaptureRequest of(String carrier) {
    return new CaptureRequest(
        carrier,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static CaptureRequest within(int connections, long bytes) {
    return new CaptureRequest(
        NodeText.PLAIN,
        Optional.empty(),
        Optional.empty(),
        Optional.of(connections),
        Optional.of(bytes),
        Optional.empty());
  }

  private SluiceNode node(CustomProtocolSubsystem protocol, String... keys) {
    return SluiceNode.with(protocol)
        .nodeSettings(
            "operator: { captures: { directory: '"
                + folder
                + "'"
                + (keys.length == 0 ? "" : ", " + String.join(", ", keys))
                + " } }");
  }

  private static void say(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(US_ASCII));
    assertThat(new String(socket.getInputStream().readNBytes(text.length()), US_ASCII))
        .isEqualToIgnoringCase(text);
  }

  private static Capture ended(SluiceNode node, CaptureStatus started) throws Exception {
    node.awaitClosed();
    return Capture.read(node.node().captures().end(started.id()).orElseThrow().file());
  }

  private static CaptureStatus awaitEnd(SluiceNode node, CaptureStatus started) {
    RunningNode.await(() -> status(node, started).endedAt().isPresent());
    return status(node, started);
  }

  private static CaptureStatus status(SluiceNode node, CaptureStatus started) {
    return node.node().captures().find(started.id()).orElseThrow();
  }

  private static String joined(CapturedSession session, Way way) {
    StringBuilder all = new StringBuilder();
    session.calls(way).forEach(call -> all.append(new String(call, US_ASCII)));
    return all.toString();
  }

  /** What was recorded comes again, and another protocol is found out. */
  private static void assertReplays(Capture capture) throws Exception {
    for (boolean times : new boolean[] {true, false}) {
      assertThat(Replay.run(capture, Map.of(0, Protocol.of(new Shout())), times)).isEmpty();
      assertThat(Replay.run(capture, Map.of(0, Protocol.of(new Whisper())), times))
          .singleElement()
          .satisfies(
              difference -> {
                assertThat(difference.where()).endsWith("byte 0 of its answers");
                assertThat(difference.found()).startsWith("\"*");
              });
    }
  }

  /** Answers otherwise. */
  private static final class Whisper implements CustomProtocolSubsystem {
    @Override
    public String name() {
      return "SHOUT";
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return new Session() {
        @Override
        public void handleIncomingData(ByteBuf data) {
          ByteBuf answer = data.copy();
          if (answer.isReadable()) {
            answer.setByte(answer.readerIndex(), '*');
          }
          writer.writeOutbound(id, answer);
        }

        @Override
        public void closeSession() {
          writer.closeSocket(id);
        }
      };
    }
  }

  @Test
  void aStreamIsRecordedFromItsFirstByteToItsEnd() throws Exception {
    try (SluiceNode node = node(new Shout()).start()) {
      CaptureStatus started = node.node().captures().start(PLAIN);
      int port;
      try (Socket socket = node.connect()) {
        port = socket.getLocalPort();
        say(socket, "hello\n");
        say(socket, "world\n");
      }
      Capture capture = ended(node, started);

      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(started.file())))
          .isEqualTo("rw-------");
      assertThat(capture.header().interfaceName()).isEqualTo(NodeText.PLAIN);
      assertThat(capture.cut()).isFalse();
      assertThat(capture.finished().orElseThrow().why()).isEqualTo("operator");
      CapturedSession session = capture.sessions().get(0);
      assertThat(capture.sessions()).hasSize(1);
      assertThat(session.protocol().name()).isEqualTo("SHOUT");
      assertThat(session.opened().remote().getPort()).isEqualTo(port);
      assertThat(session.opened().tls()).isEmpty();
      assertThat(session.calls(Way.DELIVERED).stream().map(call -> new String(call, US_ASCII)))
          .containsExactly("hello\n", "world\n");
      assertThat(joined(session, Way.WRITTEN)).isEqualTo("HELLO\nWORLD\n");
      assertThat(
              session.records().stream()
                  .filter(Event.class::isInstance)
                  .map(record -> ((Event) record).what()))
          .startsWith(What.PASS_COMPLETE, What.PASS_COMPLETE)
          .contains(What.INPUT_ENDED, What.CLOSE_ASKED);
      assertThat(session.ended().orElseThrow().reason()).isEqualTo("peer_closed");
      assertReplays(capture);
    }
  }

  @Test
  void whatTlsCarriesIsRecordedInTheClear() throws Exception {
    try (SluiceNode node = node(new Shout()).tls().start()) {
      CaptureStatus started = node.node().captures().start(of(NodeText.TLS));
      try (Socket socket = node.connectTls()) {
        say(socket, "hello\n");
      }
      Capture capture = ended(node, started);
      CapturedSession session = capture.sessions().get(0);
      assertReplays(capture);

      assertThat(session.opened().tls().orElseThrow().version()).isEqualTo("TLSv1.3");
      assertThat(joined(session, Way.DELIVERED)).isEqualTo("hello\n");
      assertThat(joined(session, Way.WRITTEN)).isEqualTo("HELLO\n");
    }
  }

  @Test
  void datagramsAreRecordedOneByOneAlsoTheEmptyOne() throws Exception {
    try (SluiceNode node = node(new Shout()).start()) {
      CaptureStatus started = node.node().captures().start(of(NodeText.UDP));
      try (DatagramSocket socket = new DatagramSocket()) {
        socket.setSoTimeout(10_000);
        for (String text : List.of("one", "", "three")) {
          byte[] data = text.getBytes(US_ASCII);
          socket.send(new DatagramPacket(data, data.length, node.udpAddress()));
          socket.receive(new DatagramPacket(new byte[100], 100));
        }
      }
      // A peer of datagrams has no end until it was silent for long.
      CaptureStatus status = node.node().captures().end(started.id()).orElseThrow();
      Capture capture = Capture.read(status.file());
      CapturedSession session = capture.sessions().get(0);
      assertReplays(capture);

      assertThat(session.opened().transport()).isEqualTo(Transport.UDP);
      assertThat(session.calls(Way.DELIVERED).stream().map(call -> new String(call, US_ASCII)))
          .containsExactly("one", "", "three");
      assertThat(session.written().stream().map(call -> new String(call, US_ASCII)))
          .containsExactly("ONE", "", "THREE");
      assertThat(session.ended()).isEmpty();
    }
  }

  @Test
  void itEndsWithTheLastOfAsManyConnectionsAsItMayRecord() throws Exception {
    try (SluiceNode node = node(new Shout(), "max_connections: 2").start()) {
      CaptureStatus started = node.node().captures().start(PLAIN);
      for (String text : List.of("a", "b")) {
        try (Socket socket = node.connect()) {
          say(socket, text);
        }
      }
      try (Socket late = node.connect()) {
        CaptureStatus status = awaitEnd(node, started);
        say(late, "c");

        assertThat(status.endedBy()).contains("connections");
        assertThat(Capture.read(status.file()).sessions())
            .extracting(session -> joined(session, Way.DELIVERED))
            .containsExactly("a", "b");
      }
      assertThatThrownBy(() -> node.node().captures().start(within(3, 5000)))
          .isInstanceOf(CaptureRefusedException.class)
          .hasMessage("connections is a number from 1 to 2 (operator.captures.max_connections).");
    }
  }

  @Test
  void itEndsBeforeItsFileIsLargerThanItMayBe() throws Exception {
    try (SluiceNode node = node(new Shout()).start()) {
      CaptureStatus started = node.node().captures().start(within(10, 5000));
      try (Socket socket = node.connect()) {
        for (int i = 0; i < 100; i++) {
          say(socket, "x".repeat(100));
        }
      }
      CaptureStatus status = awaitEnd(node, started);

      assertThat(status.endedBy()).contains("bytes");
      assertThat(Files.size(status.file())).isEqualTo(status.bytes()).isBetween(4000L, 5000L);
      assertThat(Capture.read(status.file()).finished()).isPresent();
    }
  }

  @Test
  void itEndsWhenItsTimeIsOver() throws Exception {
    try (SluiceNode node = node(new Shout(), "max_time: 1s").start()) {
      CaptureStatus status = awaitEnd(node, node.node().captures().start(PLAIN));

      assertThat(status.endedBy()).contains("time");
      assertThat(Capture.read(status.file()).sessions()).isEmpty();
    }
  }

  @Test
  void aSlowDiskLosesRecordsAndSlowsNobody() throws Exception {
    CountDownLatch released = new CountDownLatch(1);
    CaptureRedactor slow =
        new Redacting(
            data -> {
              try {
                released.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return data;
            });
    try (SluiceNode node = node(new Shout(slow), "queue_limit: 64KB").start()) {
      CaptureStatus started = node.node().captures().start(PLAIN);
      try (Socket socket = node.connect()) {
        for (int i = 0; i < 100; i++) {
          say(socket, "x".repeat(2000));
        }
        released.countDown();
        RunningNode.await(() -> status(node, started).bytes() > 30_000);
        say(socket, "bye");
      }
      Capture capture = ended(node, started);
      CaptureStatus status = status(node, started);
      CapturedSession session = capture.sessions().get(0);

      assertThat(status.lostBytes()).isGreaterThan(100_000);
      assertThat(session.hasGaps()).isTrue();
      List<Lost> lost =
          session.records().stream().filter(Lost.class::isInstance).map(Lost.class::cast).toList();
      assertThat(lost.stream().mapToLong(Lost::bytes).sum()).isEqualTo(status.lostBytes());
      assertThat(lost.stream().mapToLong(Lost::records).sum()).isEqualTo(status.lostRecords());
      // What the redactor might have had to know is lost, so nothing behind it is shown.
      assertThat(joined(session, Way.DELIVERED)).startsWith("xxx").endsWith("***");
      assertThat(session.ended()).isPresent();
    } finally {
      released.countDown();
    }
  }

  @Test
  void whatIsRedactedNeverReachesTheFile() throws Exception {
    CaptureRedactor redactor =
        new Redacting(
            data ->
                new String(data, US_ASCII).replaceAll("(?i)secret", "******").getBytes(US_ASCII));
    try (SluiceNode node = node(new Shout(redactor)).start()) {
      CaptureStatus started = node.node().captures().start(PLAIN);
      try (Socket socket = node.connect()) {
        say(socket, "login secret\n");
      }
      CapturedSession session = ended(node, started).sessions().get(0);

      assertThat(joined(session, Way.DELIVERED)).isEqualTo("login ******\n");
      assertThat(joined(session, Way.WRITTEN)).isEqualTo("LOGIN ******\n");
    }
  }

  @Test
  void aRedactorThatThrowsEndsTheCaptureAndNotTheConnection() throws Exception {
    CaptureRedactor failing =
        new Redacting(
            data -> {
              throw new IllegalStateException(new String(data, US_ASCII));
            });
    try (SluiceNode node = node(new Shout(failing)).start()) {
      CaptureStatus started = node.node().captures().start(PLAIN);
      try (Socket socket = node.connect()) {
        say(socket, "secret\n");
        CaptureStatus status = awaitEnd(node, started);
        say(socket, "more\n");

        assertThat(status.endedBy()).contains("failed");
        assertThat(status.problem())
            .contains("the redactor of SHOUT failed: java.lang.IllegalStateException");
        assertThat(Files.readString(status.file(), ISO_8859_1))
            .doesNotContainIgnoringCase("secret");
      }
      assertThat(node.awaitClosed().get(0).reason()).isEqualTo("peer_closed");
    }
  }

  @Test
  void aConnectionThatIsOpenAlreadyIsRecordedIfItHasNoSessionYet() throws Exception {
    try (SluiceNode node = node(new Shout()).start();
        Socket speaks = node.connect();
        Socket silent = node.connect();
        Socket other = node.connect()) {
      say(speaks, "before");
      RunningNode.await(() -> node.node().connections().count() == 3);
      String port = ":" + silent.getLocalPort();
      long id =
          node.node().connections().newest(ConnectionFilter.ALL, 3).stream()
              .filter(view -> view.remote().toString().contains(port + "]"))
              .findFirst()
              .orElseThrow()
              .id();
      CaptureStatus started =
          node.node()
              .captures()
              .start(
                  new CaptureRequest(
                      NodeText.PLAIN,
                      Optional.of("127.0."),
                      Optional.of(id),
                      Optional.empty(),
                      Optional.empty(),
                      Optional.of(Duration.ofMinutes(1))));
      say(other, "other");
      say(silent, "mine");
      say(speaks, "after");
      CaptureStatus status = node.node().captures().end(started.id()).orElseThrow();

      assertThat(Capture.read(status.file()).sessions())
          .extracting(session -> joined(session, Way.DELIVERED))
          .containsExactly("mine");
    }
  }

  @Test
  void theEndOfANodeEndsItsCapturesWithTheEndsOfTheirSessions() throws Exception {
    SluiceNode node = node(new Shout()).start();
    CaptureStatus started = node.node().captures().start(PLAIN);
    try (node;
        Socket socket = node.connect()) {
      say(socket, "hello");
      node.close();
    }
    Capture capture = Capture.read(started.file());

    assertThat(capture.finished().orElseThrow().why()).isEqualTo("node_stopped");
    assertThat(capture.sessions().get(0).ended()).isPresent();
    assertReplays(capture);
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .doesNotContain("sluice-capture-" + started.file().getFileName());
  }

  @Test
  void withoutAFolderThereAreNone() throws Exception {
    try (SluiceNode node = SluiceNode.with(new Shout()).start()) {
      assertThatThrownBy(() -> node.node().captures().start(PLAIN))
          .hasMessage("Captures are off: operator.captures.directory is not set.");
    }
    SluiceNode nowhere =
        SluiceNode.with(new Shout())
            .nodeSettings("operator: { captures: { directory: /nowhere/at/all } }");
    assertThatThrownBy(nowhere::start)
        .hasMessageContaining("operator.captures.directory")
        .hasMessageContaining("'/nowhere/at/all'")
        .hasMessageContaining("a folder that exists");
  }
}
