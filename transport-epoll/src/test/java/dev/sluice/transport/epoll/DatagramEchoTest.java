// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.api.Transport;
import dev.sluice.session.bridge.DatagramOptions;
import dev.sluice.session.bridge.EndpointMetrics;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Datagrams go through a session and back, whole, each to the peer it came from. */
@Timeout(60)
class DatagramEchoTest {

  private static final int[] SIZES = {0, 1, 512, 1200, 8192, 65_507};

  @ParameterizedTest
  @EnumSource
  void everySizeIsEchoedWhole(Execution execution) throws Exception {
    for (String address : new String[] {"127.0.0.1", "::1"}) {
      Probe probe = new Probe().execution(execution);
      try (TestNode node = new TestNode()) {
        DatagramServer server = node.serve(probe).address(InetAddress.getByName(address)).udp();
        try (DatagramClient client = new DatagramClient(server)) {
          long bytes = 0;
          for (int size : SIZES) {
            byte[] sent = DatagramClient.random(size);
            assertThat(client.ask(sent)).as(address + " " + size).isEqualTo(sent);
            bytes += size;
          }
          Probe.Peer session = probe.session();
          assertThat(session.context.transport()).isEqualTo(Transport.UDP);
          assertThat(session.context.localAddress()).isEqualTo(server.address());
          assertThat(session.context.remoteAddress()).isEqualTo(client.address());
          assertThat(session.context.tls()).isEmpty();
          long all = bytes;
          TestNode.await(
              "figures",
              () -> server.endpoint().metrics().snapshot().datagramsOut() == SIZES.length);
          EndpointMetrics.Snapshot figures = server.endpoint().metrics().snapshot();
          assertThat(figures.bytesIn()).isEqualTo(all);
          assertThat(figures.bytesOut()).isEqualTo(all);
          assertThat(figures.datagramsIn()).isEqualTo(SIZES.length);
          assertThat(figures.accepted()).isEqualTo(1);
          assertThat(figures.errors()).isEmpty();
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void eachSourcePortHasItsOwnSession(Execution execution) throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(execution);
    try (TestNode node = new TestNode()) {
      DatagramServer server = node.serve(protocol).udp();
      List<DatagramClient> clients = new ArrayList<>();
      try {
        for (int i = 0; i < 200; i++) {
          clients.add(new DatagramClient(server));
        }
        for (int round = 0; round < 5; round++) {
          for (int i = 0; i < clients.size(); i++) {
            clients.get(i).send(DatagramClient.random(1 + i + round));
          }
          for (int i = 0; i < clients.size(); i++) {
            assertThat(clients.get(i).receive()).isEqualTo(DatagramClient.random(1 + i + round));
          }
        }
        Set<Object> peers = new HashSet<>();
        protocol.sessions.forEach(conn -> peers.add(conn.context.remoteAddress()));
        assertThat(protocol.creates).hasValue(200);
        assertThat(peers).hasSize(200);
        assertThat(server.endpoint().metrics().snapshot().open()).isEqualTo(200);
      } finally {
        clients.forEach(DatagramClient::close);
      }
    }
  }

  @Test
  void aDatagramLargerThanAllowedIsDroppedAndCounted() throws Exception {
    Probe probe = new Probe();
    try (TestNode node = new TestNode()) {
      DatagramServer server = node.serve(probe).datagrams(new DatagramOptions(1200, 0, 0, 0)).udp();
      try (DatagramClient client = new DatagramClient(server)) {
        client.send(new byte[1201]);
        client.send(new byte[60_000]);
        assertThat(client.ask(new byte[1200])).hasSize(1200);
        assertThat(server.endpoint().metrics().snapshot().errors())
            .containsEntry("datagram_too_large", 2L);
        assertThat(probe.session().write(new byte[1201])).isFalse();
        assertThat(server.endpoint().metrics().snapshot().errors())
            .containsEntry("write_too_large", 1L);
        assertThat(client.ask(new byte[3])).hasSize(3);
      }
    }
  }

  @Test
  void aWildcardAnswersFromTheAddressThatWasWrittenTo() throws Exception {
    for (String wildcard : new String[] {"0.0.0.0", "::"}) {
      Probe probe = new Probe();
      try (TestNode node = new TestNode()) {
        DatagramServer server = node.serve(probe).address(InetAddress.getByName(wildcard)).udp();
        int port = server.address().getPort();
        List<String> addresses = new ArrayList<>(List.of("127.0.0.1", "127.0.0.5", "127.9.8.7"));
        if (wildcard.equals("::")) {
          addresses.add("::1");
        }
        for (String address : addresses) {
          InetSocketAddress to = new InetSocketAddress(InetAddress.getByName(address), port);
          try (DatagramClient client = new DatagramClient(null, to)) {
            for (int i = 0; i < 20; i++) {
              assertThat(client.ask(new byte[i])).as(wildcard + " at " + address).hasSize(i);
            }
          }
        }
        assertThat(probe.sessions).hasSameSizeAs(addresses);
        assertThat(server.endpoint().metrics().snapshot().errors()).isEmpty();
      }
    }
  }

  @Test
  void aSecondBindFailsAndSaysWhy() throws Exception {
    for (String address : new String[] {"127.0.0.1", "0.0.0.0", "::"}) {
      try (TestNode node = new TestNode()) {
        DatagramServer server =
            node.serve(new Probe()).address(InetAddress.getByName(address)).udp();
        int port = server.address().getPort();
        try (DatagramClient client =
            new DatagramClient(
                null, new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
          assertThat(client.ask(new byte[1])).hasSize(1);
        }
        try (TestNode other = new TestNode()) {
          assertThatThrownBy(
                  () ->
                      other
                          .serve(new Probe())
                          .address(InetAddress.getByName(address))
                          .port(port)
                          .bindUdp())
              .isInstanceOf(IOException.class)
              .hasMessageContaining("can't bind")
              .hasMessageContaining(":" + port + ": Address already in use");
        }
        try (DatagramSocket sharing = new DatagramSocket(null)) {
          sharing.setReuseAddress(true);
          assertThatThrownBy(
                  () -> sharing.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)))
              .isInstanceOf(IOException.class);
        }
        server.close();
        server.endpoint().abortAll(CloseReason.DRAINED);
        TestNode.await("the port is free", () -> canBind(port));
      }
    }
  }

  private static boolean canBind(int port) {
    try (DatagramSocket socket =
        new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }
}
