// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.session.bridge.EndpointOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A connection on which nothing happens ends, and never too early. How soon it does is asked where
 * the clock is the test's own.
 */
class IdleTest {

  private static final Duration IDLE = Duration.ofMillis(600);

  /** Before this nothing else would end it: whoever reads gives up earlier. */
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private static final EndpointOptions.Limits LIMITS = Limits.times(IDLE, MINUTE, MINUTE);

  /** For who has to do something in time, on a machine that has others to serve. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final EndpointOptions.Limits PATIENT = Limits.times(PATIENCE, MINUTE, MINUTE);

  /** At a quarter of {@link #IDLE} each it takes longer than the patient wait. */
  private static final int OFTEN = 18;

  private final Probe probe = new Probe();

  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"EVENT_LOOP", "WORKERS"})
  void aQuietPlaintextConnectionEndsInTime(Execution execution) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe.execution(execution)).limits(LIMITS).listen();
      try (WireClient client = WireClient.to(server)) {
        long before = System.nanoTime();
        client.send("hello");
        assertThat(client.receive(5)).isEqualTo("hello");
        assertThat(client.receiveAll()).isEmpty();
        assertNotTooEarly(before);
      }
      assertThat(probe.session().end()).isEqualTo(CloseReason.IDLE_TIMEOUT);
      assertCounted(server);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"EVENT_LOOP", "WORKERS"})
  void aQuietTlsConnectionEndsInTimeWithACloseNotify(Execution execution) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe.execution(execution)).tls().limits(LIMITS).listen();
      try (RecordClient client = new RecordClient(server, engine())) {
        long before = System.nanoTime();
        client.send(client.seal("hello".getBytes(US_ASCII)));
        assertThat(client.read(5)).hasSize(5);
        assertThat(client.read(1)).isEmpty();
        assertNotTooEarly(before);
        assertThat(client.closeNotified).isTrue();
      }
      assertThat(probe.session().end()).isEqualTo(CloseReason.IDLE_TIMEOUT);
      assertCounted(server);
    }
  }

  @Test
  void aClientThatNeverSaysAnythingEndsInTimeAndMakesNoSession() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).limits(LIMITS).listen();
      long before = System.nanoTime();
      try (WireClient client = WireClient.to(server)) {
        assertThat(client.receiveAll()).isEmpty();
        assertNotTooEarly(before);
      }
      assertThat(probe.sessions).isEmpty();
      assertCounted(server);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aGreetedClientThatNeverAnswersEndsInTime(boolean tls) throws Exception {
    probe.greets(peer -> peer.write("welcome".getBytes(US_ASCII)));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls(tls).limits(LIMITS).listen();
      long before = System.nanoTime();
      try (WireClient client = WireClient.to(server)) {
        assertThat(client.receive(7)).isEqualTo("welcome");
        assertThat(client.receiveAll()).isEmpty();
        assertNotTooEarly(before);
      }
      assertThat(probe.session().end()).isEqualTo(CloseReason.IDLE_TIMEOUT);
      assertCounted(server);
    }
  }

  /** The handshake's bytes count as activity too. */
  @Test
  void theTimeBeginsAnewWithTheEndOfTheHandshake() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().limits(PATIENT).listen();
      try (Socket raw = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
        assertStaysOpen(raw, PATIENCE.toMillis() / 4);
        raw.setSoTimeout((int) TestNode.PATIENCE.toMillis());
        long before = System.nanoTime();
        try (Socket client =
            TestCertificates.clientContext(null)
                .getSocketFactory()
                .createSocket(raw, "localhost", raw.getPort(), true)) {
          ((SSLSocket) client).startHandshake();
          assertThat(client.getInputStream().read()).isNegative();
          assertNotTooEarly(before, PATIENCE);
        }
      }
      assertCounted(server);
    }
  }

  @Test
  void aClientThatOnlySendsStaysConnected() throws Exception {
    probe.onData((peer, data) -> {});
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).limits(PATIENT).listen();
      try (Socket client = TestNode.connect(server)) {
        for (int i = 0; i < OFTEN; i++) {
          client.getOutputStream().write('x');
          assertStaysOpen(client, IDLE.toMillis() / 4);
        }
      }
      assertThat(probe.session().end()).isEqualTo(CloseReason.PEER_CLOSED);
    }
  }

  /** One TLS record that takes long to arrive is activity long before its plaintext is. */
  @Test
  void aRecordThatArrivesInDribletsIsActivity() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().limits(PATIENT).listen();
      try (RecordClient client = new RecordClient(server, engine())) {
        byte[] records = client.seal("hello, slowly".getBytes(US_ASCII));
        for (int i = 0; i < OFTEN; i++) {
          client.send(new byte[] {records[i]});
          assertStaysOpen(client.socket, IDLE.toMillis() / 4);
        }
        client.socket.setSoTimeout((int) TestNode.PATIENCE.toMillis());
        client.send(Arrays.copyOfRange(records, OFTEN, records.length));
        assertThat(client.read(13)).asString(US_ASCII).isEqualTo("hello, slowly");
      }
      assertThat(probe.session().end()).isEqualTo(CloseReason.PEER_CLOSED);
    }
  }

  @Test
  void aClientThatOnlyReceivesStaysConnected() throws Exception {
    probe.greets(IdleTest::tick);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).limits(PATIENT).listen();
      try (WireClient client = WireClient.to(server)) {
        assertThat(client.receive(OFTEN)).isEqualTo("x".repeat(OFTEN));
        assertThat(probe.session().ends).isEmpty();
      }
    }
  }

  private static void tick(Probe.Peer peer) {
    peer.write(new byte[] {'x'});
    peer.context.schedule(IDLE.dividedBy(4), () -> tick(peer));
  }

  @Test
  void aSessionAtWorkIsNotIdle() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    atWorkUntil(done);
    try (TestNode node = new TestNode(withRequestTimeout(MINUTE))) {
      OpenSslServer server = node.serve(probe).limits(LIMITS).listen();
      try (Socket client = TestNode.connect(server)) {
        client.getOutputStream().write('x');
        assertStaysOpen(client, 3 * IDLE.toMillis());
        done.countDown();
        client.setSoTimeout((int) TestNode.PATIENCE.toMillis());
        assertThat(client.getInputStream().read()).isEqualTo('x');
      }
    } finally {
      done.countDown();
    }
  }

  @Test
  void aSessionAtWorkBeyondTheRequestTimeoutIsIdle() throws Exception {
    Duration request = IDLE.multipliedBy(2);
    CountDownLatch done = new CountDownLatch(1);
    atWorkUntil(done);
    try (TestNode node = new TestNode(withRequestTimeout(request))) {
      OpenSslServer server = node.serve(probe).limits(LIMITS).listen();
      try (Socket client = TestNode.connect(server)) {
        long before = System.nanoTime();
        client.getOutputStream().write('x');
        assertThat(client.getInputStream().read()).isNegative();
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(request);
        assertThat(probe.session().ends).as("not within the running call").isEmpty();
      }
      done.countDown();
      assertThat(probe.session().end()).isEqualTo(CloseReason.IDLE_TIMEOUT);
    } finally {
      done.countDown();
    }
  }

  private void atWorkUntil(CountDownLatch done) {
    probe
        .execution(Execution.WORKERS)
        .onData(
            (peer, data) -> {
              try {
                done.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              peer.write(data.retain());
            });
  }

  private static TransportOptions withRequestTimeout(Duration timeout) {
    TransportOptions options = TestNode.options();
    return new TransportOptions(
        options.eventLoops(),
        options.workers(),
        options.inboundQueueLimit(),
        options.inboundConnectionLimit(),
        options.outboundQueueLimit(),
        timeout,
        options.allocator());
  }

  private static SSLEngine engine() {
    return TestCertificates.clientContext(null).createSSLEngine("localhost", 1);
  }

  private static void assertStaysOpen(Socket socket, long millis) throws IOException {
    socket.setSoTimeout((int) millis);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
  }

  /**
   * @param before when the last bytes may have moved at the earliest
   */
  private static void assertNotTooEarly(long before) {
    assertNotTooEarly(before, IDLE);
  }

  private static void assertNotTooEarly(long before, Duration idle) {
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(idle);
  }

  private static void assertCounted(OpenSslServer server) {
    TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
    EndpointMetrics.Snapshot seen = server.endpoint().metrics().snapshot();
    assertThat(seen.closes()).containsEntry("idle_timeout", 1L).hasSize(1);
    assertThat(seen.errors()).isEmpty();
    assertThat(seen.open()).isZero();
  }
}
