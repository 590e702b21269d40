// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.ConnId;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An interface of datagrams in a node: planned, bound, announced, answered, ended. */
@Timeout(60)
class NodeDatagramTest {

  private static final String ONE = "network.rpc_interfaces.one";

  @TempDir Path folder;
  private NodeHouse house;

  @BeforeEach
  void open() {
    house = new NodeHouse(folder);
  }

  @AfterEach
  void close() {
    house.close();
  }

  /** A client with a port of its own. */
  private static final class Peer implements AutoCloseable {
    private final DatagramSocket socket;
    private final InetSocketAddress node;

    Peer(InetSocketAddress node) throws IOException {
      this.node = node;
      this.socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
      socket.setSoTimeout(10_000);
    }

    String ask(String line) throws IOException {
      byte[] sent = (line + "\n").getBytes(StandardCharsets.US_ASCII);
      socket.send(new DatagramPacket(sent, sent.length, node));
      return hear();
    }

    String hear() throws IOException {
      DatagramPacket back = new DatagramPacket(new byte[2000], 2000);
      socket.receive(back);
      return new String(back.getData(), 0, back.getLength(), StandardCharsets.US_ASCII).strip();
    }

    @Override
    public void close() {
      socket.close();
    }
  }

  @Test
  void servesBesideStreamsOnTheSamePortAndEndsWithTheNode() throws Exception {
    house
        .plugin("DGRAM", "transports=UDP")
        .plugin("STREAM")
        .serve("one", "DGRAM", "protocol: udp")
        .serve("two", "STREAM")
        .set("rpc_addresses_file: addresses.json");
    Node node = house.start();
    InetSocketAddress address = node.addresses().get("one");
    assertThat(Files.readString(folder.resolve("addresses.json")))
        .contains("\"one\" : \"127.0.0.1:" + address.getPort() + "\"");
    try (Peer peer = new Peer(address);
        Peer other = new Peer(address)) {
      assertThat(peer.ask("hello")).isEqualTo("hello");
      assertThat(other.ask("hello")).isEqualTo("hello");
      ConnId id = ConnId.of(Long.parseLong(peer.ask("id").replaceAll("\\D", "")));
      assertThat(
              node.manager()
                  .replyAsync(
                      id, false, Unpooled.copiedBuffer("outside\n", StandardCharsets.US_ASCII)))
          .isTrue();
      assertThat(peer.hear()).isEqualTo("outside");
      assertThat(node.metrics().get("one").snapshot().open()).isEqualTo(2);
      node.stop();
      assertThat(node.metrics().get("one").snapshot().open()).isZero();
      new DatagramSocket(address).close();
    }
  }

  @Test
  void anAddressInUseIsNamedWithItsInterface() throws Exception {
    try (DatagramSocket taken = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      house
          .plugin("DGRAM", "transports=UDP")
          .serveAt("127.0.0.1:" + taken.getLocalPort(), "one", "DGRAM", "protocol: udp");
      NodePlan plan = house.plan();
      assertThatThrownBy(() -> Node.start(plan))
          .isInstanceOf(NodeException.class)
          .hasMessage(
              "interface one: can't bind 127.0.0.1:"
                  + taken.getLocalPort()
                  + ": Address already in use");
    }
  }

  @Test
  void aProtocolServesOnlyWhatCarriesIt() {
    house
        .plugin("DGRAM", "transports=UDP")
        .plugin("STREAM")
        .serve("one", "DGRAM")
        .serve("two", "STREAM", "protocol: udp");
    assertThatThrownBy(() -> house.plan())
        .hasMessageContaining(ONE + ".app_protocol: DGRAM is not for tcp but for udp")
        .hasMessageContaining(".app_protocol: STREAM is not for udp but for tcp");
  }

  @Test
  void thereIsNoTlsOnDatagramsAndNoDatagramsOnTcp() throws Exception {
    house.certificate();
    house
        .plugin("DGRAM", "transports=UDP")
        .plugin("STREAM")
        .serve("one", "DGRAM", "protocol: udp", "endorsement: { authority: service }")
        .serve("two", "STREAM", "datagram_configuration: { max_datagram_size: 1200B }");
    assertThatThrownBy(() -> house.plan())
        .hasMessageContaining("'service', allowed: unsecured, since there is no TLS on udp")
        .hasMessageContaining("two.datagram_configuration: found a section, allowed: no such key");
  }

  @Test
  void theKeysOfDatagramsReachTheirInterface() {
    house
        .plugin("DGRAM", "transports=UDP")
        .serve(
            "one",
            "DGRAM",
            "protocol: udp",
            "datagram_configuration: { max_datagram_size: 1200B, receive_buffer: 1MB,"
                + " amplification_limit: 3 }");
    try (NodePlan plan = house.plan()) {
      assertThat(plan.interfaces().get(0).carrier()).isEqualTo("udp");
      assertThat(plan.interfaces().get(0).datagrams().orElseThrow())
          .hasToString(
              "DatagramOptions[maxSize=1200, receiveBuffer=1048576, sendBuffer=0,"
                  + " amplification=3]");
    }
  }
}
