// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.examples.lineecho.LineEcho;
import dev.sluice.protocol.datagram.DatagramEcho;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Socket;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A node in a test, as its users use it. */
class SluiceNodeTest {

  @RegisterExtension
  static final SluiceNode node =
      SluiceNode.with(new LineEcho()).settings("max_line_length: 100B").tls().mutualTls();

  @RegisterExtension
  final SluiceNode another =
      SluiceNode.with(new DatagramEcho())
          .interfaceSettings("max_open_sessions_soft: 3\nmax_open_sessions_hard: 4");

  private static String ask(Socket connected, String line) throws IOException {
    try (Socket socket = connected) {
      socket.getOutputStream().write(line.getBytes(US_ASCII));
      return new String(socket.getInputStream().readNBytes(line.length()), US_ASCII);
    }
  }

  @Test
  void eachCarrierThatIsWantedServes() throws Exception {
    assertThat(ask(node.connect(), "plain\n")).isEqualTo("plain\n");
    assertThat(ask(node.connectTls(), "tls\n")).isEqualTo("tls\n");
    assertThat(ask(node.connectMutualTls(), "mutual\n")).isEqualTo("mutual\n");
    assertThat(node.awaitClosed())
        .hasSizeGreaterThanOrEqualTo(3)
        .allMatch(record -> record.protocol().equals("LINE_ECHO"));
    assertThat(node.figures("mutual_tls").accepted()).isPositive();
    assertThat(Files.readString(node.certificateFile())).contains("BEGIN CERTIFICATE");
  }

  @Test
  void aClientWithoutItsCertificateIsRefusedWhereOneIsWanted() {
    assertThatThrownBy(
            () -> {
              try (Socket socket =
                  node.trustingContext()
                      .getSocketFactory()
                      .createSocket("localhost", node.mutualTlsAddress().getPort())) {
                socket.getOutputStream().write('\n');
                // With TLS 1.3 the refusal comes behind the client's handshake.
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
                throw new IOException("closed");
              }
            })
        .isInstanceOf(IOException.class);
  }

  @Test
  void theSettingsAreTheProtocols() throws Exception {
    try (Socket socket = node.connect()) {
      socket.getOutputStream().write("x".repeat(200).getBytes(US_ASCII));
      assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII)).doesNotContain("x");
    }
    assertThat(node.awaitClosed().get(0).reason()).isEqualTo("protocol_error");
  }

  @Test
  void datagramsComeBack() throws Exception {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.setSoTimeout(10_000);
      socket.send(new DatagramPacket("ping".getBytes(US_ASCII), 4, another.udpAddress()));
      DatagramPacket answer = new DatagramPacket(new byte[100], 100);
      socket.receive(answer);
      assertThat(new String(answer.getData(), 0, answer.getLength(), US_ASCII)).isEqualTo("ping");
    }
    assertThat(another.figures("udp").hardCap()).isEqualTo(4);
    assertThatThrownBy(another::plainAddress)
        .hasMessage("there is no such address: the protocol is for datagrams alone");
  }
}
