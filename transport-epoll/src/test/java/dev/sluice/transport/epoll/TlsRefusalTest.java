// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.session.bridge.EndpointOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client sends in place of a handshake costs it the connection and the node nothing. */
class TlsRefusalTest {

  private static final Duration HANDSHAKE = Duration.ofMillis(500);

  private final Probe probe = new Probe();

  @Test
  void garbageIsRefused() throws Exception {
    byte[] garbage = new byte[3000];
    new Random(7).nextBytes(garbage);
    garbage[0] = 99;
    assertRefusedAndCounted(garbage);
  }

  @Test
  void plainHttpIsRefused() throws Exception {
    assertRefusedAndCounted("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII));
  }

  @Test
  void aHelloOfForbiddenLengthIsRefused() throws Exception {
    ByteArrayOutputStream hello = new ByteArrayOutputStream();
    int length = 60_000;
    byte[] head = {1, 0, (byte) (length >> 8), (byte) length};
    byte[] message = new byte[4 + length];
    System.arraycopy(head, 0, message, 0, head.length);
    for (int at = 0; at < message.length; ) {
      int part = Math.min(16_384, message.length - at);
      hello.write(new byte[] {22, 3, 1, (byte) (part >> 8), (byte) part});
      hello.write(message, at, part);
      at += part;
    }
    assertRefusedAndCounted(hello.toByteArray());
  }

  @Test
  void aHelloWithoutSenseIsRefused() throws Exception {
    byte[] hello = new byte[100];
    new Random(8).nextBytes(hello);
    System.arraycopy(new byte[] {22, 3, 1, 0, 95, 1, 0, 0, 91, 3, 3}, 0, hello, 0, 11);
    assertRefusedAndCounted(hello);
  }

  @Test
  void anotherKindOfRecordThanAHelloIsRefused() throws Exception {
    assertRefusedAndCounted(new byte[] {23, 3, 3, 0, 3, 1, 2, 3});
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7})
  void aHelloInTinyPiecesIsServed(int segment) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe.alpn("one")).tls().listen();
      try (RecordClient client = new RecordClient(server, engine("one"), segment)) {
        client.send(client.seal("hello".getBytes(US_ASCII)));
        assertThat(client.read(5)).asString(US_ASCII).isEqualTo("hello");
        assertThat(client.engine.getApplicationProtocol()).isEqualTo("one");
      }
    }
  }

  @Test
  void namesWithoutOverlapAreAnsweredByAnAlertOnTheWire() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe.alpn("one")).tls().listen();
      try (Socket client = connect(server)) {
        client.getOutputStream().write(hello("other"));
        byte[] answer = client.getInputStream().readAllBytes();
        answer[2] = 3; // the version in a record means nothing
        assertThat(answer).containsExactly(21, 3, 3, 0, 2, 2, 120);
      }
    }
  }

  @Test
  void halfAHelloAndSilenceEndWithTheHandshakeTimeout() throws Exception {
    byte[] hello = hello("one");
    assertEndsInTime(Arrays.copyOf(hello, hello.length / 2));
  }

  @Test
  void silenceEndsWithTheHandshakeTimeout() throws Exception {
    assertEndsInTime(new byte[0]);
  }

  @Test
  void aHelloAndSilenceEndWithTheHandshakeTimeout() throws Exception {
    assertEndsInTime(hello("one"));
  }

  private void assertEndsInTime(byte[] sent) throws Exception {
    Duration minute = Duration.ofMinutes(1);
    EndpointOptions.Limits limits = Limits.times(minute, HANDSHAKE, minute);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe.alpn("one")).tls().limits(limits).listen();
      long before = System.nanoTime();
      try (Socket client = connect(server)) {
        client.getOutputStream().write(sent);
        readToEnd(client);
        Duration lasted = Duration.ofNanos(System.nanoTime() - before);
        // At the latest when the reader gives up, long before a minute is over.
        assertThat(lasted).isGreaterThanOrEqualTo(HANDSHAKE);
      }
      TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
      EndpointMetrics.Snapshot seen = server.endpoint().metrics().snapshot();
      assertThat(seen.closes()).containsEntry("handshake_timeout", 1L).hasSize(1);
      assertThat(seen.open()).isZero();
      assertThat(probe.sessions).isEmpty();
    }
  }

  private void assertRefusedAndCounted(byte[] sent) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      try (Socket client = connect(server)) {
        client.getOutputStream().write(sent);
        assertThat(readToEnd(client)).hasSizeLessThan(8);
      }
      TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
      EndpointMetrics.Snapshot seen = server.endpoint().metrics().snapshot();
      assertThat(seen.errors()).containsEntry("tls_handshake", 1L).hasSize(1);
      assertThat(seen.closes()).containsEntry("tls_error", 1L).hasSize(1);
      assertThat(seen.open()).isZero();
      assertThat(probe.sessions).isEmpty();
    }
  }

  /** A ClientHello of Java's, with one ALPN name. */
  private static byte[] hello(String alpn) throws Exception {
    SSLEngine engine = engine(alpn);
    engine.setUseClientMode(true);
    ByteBuffer hello = ByteBuffer.allocate(64 << 10);
    engine.beginHandshake();
    engine.wrap(ByteBuffer.allocate(0), hello);
    return Arrays.copyOf(hello.array(), hello.position());
  }

  private static SSLEngine engine(String alpn) {
    SSLEngine engine = TestCertificates.clientContext(null).createSSLEngine("localhost", 1);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {alpn});
    engine.setSSLParameters(parameters);
    return engine;
  }

  private static Socket connect(OpenSslServer server) throws IOException {
    Socket socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) TestNode.PATIENCE.toMillis());
    socket.connect(server.address());
    return socket;
  }

  /** What the server says until it ends the stream, in order or by a reset. */
  private static byte[] readToEnd(Socket client) throws IOException {
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    try {
      client.getInputStream().transferTo(got);
    } catch (SocketException reset) {
      assertThat(reset).hasMessageContaining("reset");
    }
    return got.toByteArray();
  }
}
