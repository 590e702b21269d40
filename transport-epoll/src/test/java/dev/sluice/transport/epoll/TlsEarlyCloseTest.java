// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.testkit.TrackingAllocator;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that has said all it has to say, close_notify included, still gets the answer. */
class TlsEarlyCloseTest {

  private static final int TIMES = 25;

  /** Header, content type, padding and tag. */
  private static final int JAVA_RECORD_OVERHEAD = 38;

  private final Random random = new Random(3);
  private final Probe probe = new Probe();

  @ParameterizedTest
  @CsvSource({
    "TLSv1.3, 1", "TLSv1.3, 30", "TLSv1.3, 1000", "TLSv1.3, 16384", "TLSv1.3, 50000",
    "TLSv1.2, 1", "TLSv1.2, 30", "TLSv1.2, 1000", "TLSv1.2, 16384", "TLSv1.2, 50000",
  })
  void aRequestWithItsCloseInOneSegmentIsAnswered(String version, int bytes) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      for (int i = 0; i < TIMES; i++) {
        try (RecordClient client = new RecordClient(server, engine(version))) {
          byte[] request = bytes(bytes);
          client.send(client.seal(request), client.sealEnd());
          assertThat(client.read(bytes)).as("answer %s", i).isEqualTo(request);
          assertEndsInOrder(client);
        }
      }
      TestNode.await("all end", () -> server.endpoint().unfinished() == 0);
      assertThat(server.endpoint().metrics().snapshot().closes())
          .containsEntry(CloseReason.PEER_CLOSED.code(), (long) TIMES)
          .hasSize(1);
    }
  }

  /** As all are where the JVM has no Unsafe, or is told not to let Netty use it. */
  @Test
  void buffersThatDoNotKnowTheirAddressWillDo() throws Exception {
    TrackingAllocator allocator = new TrackingAllocator();
    ByteBuf example = allocator.directBuffer(1);
    assertThat(example.hasMemoryAddress()).isFalse();
    example.release();
    try (TestNode node = new TestNode(TestNode.options().withAllocator(allocator))) {
      OpenSslServer server = node.serve(probe).tls().listen();
      try (RecordClient client = new RecordClient(server, engine("TLSv1.3"))) {
        byte[] tiny = bytes(2);
        client.send(client.seal(tiny), client.sealEnd());
        assertThat(client.read(2)).isEqualTo(tiny);
        assertEndsInOrder(client);
      }
      TestNode.await("all end", () -> server.endpoint().unfinished() == 0);
      assertThat(server.endpoint().metrics().snapshot().closes())
          .containsOnlyKeys(CloseReason.PEER_CLOSED.code());
    }
    assertThat(allocator.unreleased()).isEmpty();
  }

  @Test
  void severalTinyRequestsWithTheirCloseInOneSegmentAreAllAnswered() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      for (int i = 0; i < TIMES; i++) {
        try (RecordClient client = new RecordClient(server, engine("TLSv1.3"))) {
          byte[] one = bytes(1);
          byte[] two = bytes(2);
          byte[] three = bytes(3);
          client.send(client.seal(one), client.seal(two), client.seal(three), client.sealEnd());
          assertThat(client.read(6)).isEqualTo(join(one, two, three));
          assertEndsInOrder(client);
        }
      }
    }
  }

  /** The close's record may be cut anywhere, also within its header. */
  @Test
  void aCloseThatArrivesInTwoPiecesIsAnsweredToo() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      for (int cut = 1; cut < 24; cut++) {
        try (RecordClient client = new RecordClient(server, engine("TLSv1.3"))) {
          byte[] request = bytes(500);
          byte[] records = client.seal(request);
          byte[] end = client.sealEnd();
          client.send(records, Arrays.copyOf(end, cut));
          client.send(Arrays.copyOfRange(end, cut, end.length));
          assertThat(client.read(500)).as("cut at %s", cut).isEqualTo(request);
          assertEndsInOrder(client);
        }
      }
    }
  }

  /** One pass may read several times, and so split the close's record without any pause. */
  @ParameterizedTest
  @ValueSource(ints = {512, 1024, 2048, 4096, 8192, 16384})
  void aCloseThatTheServersReadsSplitIsAnsweredToo(int buffer) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      for (int seen = -1; seen <= 6; seen++) {
        for (int i = 0; i < 2; i++) {
          try (RecordClient client = new RecordClient(server, engine("TLSv1.3"))) {
            byte[] request = bytes(buffer - seen - JAVA_RECORD_OVERHEAD);
            byte[] records = client.seal(request);
            assertThat(records).hasSize(buffer - seen);
            client.send(records, client.sealEnd());
            assertThat(client.read(request.length)).as("%s of it", seen).isEqualTo(request);
            assertEndsInOrder(client);
          }
        }
      }
    }
  }

  /** Reads that split record headers on the way may not lose count of the records. */
  @Test
  void aCloseAfterALongConversationInOddPiecesIsAnsweredToo() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      for (int i = 0; i < 10; i++) {
        try (RecordClient client = new RecordClient(server, engine("TLSv1.3"))) {
          for (int cut = 1; cut < 40; cut++) {
            byte[] first = bytes(random.nextInt(1, 300));
            byte[] second = bytes(random.nextInt(1, 300));
            byte[] records = join(client.seal(first), client.seal(second));
            int at = Math.min(cut, records.length - 1);
            client.send(Arrays.copyOf(records, at));
            client.send(Arrays.copyOfRange(records, at, records.length));
            assertThat(client.read(first.length + second.length)).isEqualTo(join(first, second));
          }
          byte[] request = bytes(200);
          client.send(client.seal(request), client.sealEnd());
          assertThat(client.read(200)).as("connection %s", i).isEqualTo(request);
          assertEndsInOrder(client);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"TLSv1.3, 10", "TLSv1.3, 16384", "TLSv1.2, 10", "TLSv1.2, 16384"})
  void anOrdinaryClientThatShutsItsOutputDownAtOnceIsAnswered(String version, int bytes)
      throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      for (int i = 0; i < TIMES; i++) {
        try (SSLSocket client =
            (SSLSocket) TestCertificates.clientContext(null).getSocketFactory().createSocket()) {
          client.setSoTimeout((int) TestNode.PATIENCE.toMillis());
          client.setTcpNoDelay(true);
          client.setEnabledProtocols(new String[] {version});
          client.connect(server.address());
          client.startHandshake();
          byte[] request = bytes(bytes);
          client.getOutputStream().write(request);
          client.shutdownOutput();
          assertThat(client.getInputStream().readAllBytes()).isEqualTo(request);
        }
      }
    }
  }

  /** The answer is made when the close has long been read; a FIN may stand behind it. */
  @ParameterizedTest
  @CsvSource({"TLSv1.3, false", "TLSv1.3, true", "TLSv1.2, false", "TLSv1.2, true"})
  void aRequestWithItsCloseIsAnsweredByASessionOnWorkers(String version, boolean fin)
      throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe.execution(Execution.WORKERS)).tls().listen();
      for (int i = 0; i < TIMES; i++) {
        try (RecordClient client = new RecordClient(server, engine(version))) {
          byte[] request = bytes(1000);
          client.send(client.seal(request), client.sealEnd());
          if (fin) {
            client.endOutput();
          }
          assertThat(client.read(1000)).as("answer %s", i).isEqualTo(request);
          assertEndsInOrder(client);
        }
      }
      TestNode.await("all end", () -> server.endpoint().unfinished() == 0);
      assertThat(probe.sessions).hasSize(TIMES);
      assertThat(probe.sessions).allMatch(peer -> peer.end().equals(CloseReason.PEER_CLOSED));
    }
  }

  /** What is as long as an alert is told from one, and stays in its place. */
  @ParameterizedTest
  @EnumSource(Execution.class)
  void dataThatIsAsLongAsAnAlertStaysInItsPlace(Execution execution) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe.execution(execution)).tls().listen();
      try (RecordClient client = new RecordClient(server, engine("TLSv1.3"))) {
        for (int round = 0; round < 100; round++) {
          byte[] before = bytes(random.nextInt(1, 20_000));
          byte[] two = bytes(2);
          byte[] eighteen = bytes(18);
          byte[] behind = bytes(random.nextInt(1, 40));
          byte[] records =
              join(
                  client.seal(before),
                  client.seal(two),
                  client.seal(eighteen),
                  client.seal(behind));
          int cut = records.length - random.nextInt(1, 120);
          client.send(Arrays.copyOf(records, cut));
          client.send(Arrays.copyOfRange(records, cut, records.length));
          byte[] all = join(before, two, eighteen, behind);
          assertThat(client.read(all.length)).isEqualTo(all);
        }
        client.send(client.sealEnd());
        assertEndsInOrder(client);
      }
    }
  }

  @Test
  void whatIsAsLongAsAnAlertAndCanNotBeDecryptedEndsTheConnection() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      try (RecordClient client = new RecordClient(server, engine("TLSv1.3"))) {
        byte[] forged = bytes(24);
        System.arraycopy(new byte[] {23, 3, 3, 0, 19}, 0, forged, 0, 5);
        client.send(forged);
        assertThatThrownBy(() -> client.read(1))
            .isInstanceOf(SSLException.class)
            .hasMessageContaining("bad_record_mac");
      }
      TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
      assertThat(server.endpoint().metrics().snapshot().errors()).containsEntry("tls_record", 1L);
    }
  }

  private static void assertEndsInOrder(RecordClient client) throws IOException {
    while (client.read(1).length > 0) {
      assertThat(client.closeNotified).isFalse();
    }
    assertThat(client.closeNotified).as("close_notify").isTrue();
  }

  private static SSLEngine engine(String version) {
    SSLEngine engine = TestCertificates.clientContext(null).createSSLEngine("localhost", 1);
    engine.setEnabledProtocols(new String[] {version});
    return engine;
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] join(byte[]... parts) {
    int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    byte[] all = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }
}
