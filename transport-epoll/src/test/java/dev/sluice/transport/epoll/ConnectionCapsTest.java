// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.session.bridge.EndpointMetrics;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How many connections an interface takes, and what becomes of those beyond. */
class ConnectionCapsTest {

  private final Probe probe = new Probe();

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void silentConnectionsCountFromAccept(boolean tls) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls(tls).caps(2, 2).listen();
      try (Socket one = rawConnect(server);
          Socket two = rawConnect(server)) {
        TestNode.await("both count", () -> open(server) == 2);
        assertRefused(server);
        assertThat(one.isConnected() && two.isConnected()).isTrue();
      }
      TestNode.await("the places are given back", () -> open(server) == 0);
      assertEchoes(server);
      EndpointMetrics.Snapshot seen = server.endpoint().metrics().snapshot();
      assertThat(seen.peak()).isEqualTo(2);
      assertThat(seen.accepted()).isEqualTo(3);
      assertThat(seen.refused()).isEqualTo(1);
      assertThat(seen.closes()).containsEntry("hard_cap", 1L);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void overTheSoftCapTheProtocolAnswersInItsOwnWords(boolean tls) throws Exception {
    probe.onCapped(
        peer -> {
          peer.write("busy".getBytes(US_ASCII));
          peer.close();
        });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls(tls).caps(1, 3).listen();
      try (WireClient first = WireClient.to(server)) {
        first.send("hello");
        assertThat(first.receive(5)).isEqualTo("hello");
        try (WireClient second = WireClient.to(server)) {
          second.send("hello");
          assertThat(second.receiveAll()).asString(US_ASCII).isEqualTo("busy");
        }
        TestNode.await("the capped one ends", () -> server.endpoint().unfinished() == 1);
        first.send("again");
        assertThat(first.receive(5)).isEqualTo("again");
      }
      assertThat(probe.sessions).hasSize(2);
      assertThat(probe.sessions.get(1).end()).isEqualTo(CloseReason.SESSION_CLOSED);
      assertThat(server.endpoint().metrics().snapshot().capped()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aProtocolWithoutWordsOfItsOwnSendsCappedClientsAwayWithoutAny(boolean tls) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls(tls).caps(0, 3).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("hello");
        assertThat(client.receiveAll()).isEmpty();
      }
      TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
      EndpointMetrics.Snapshot seen = server.endpoint().metrics().snapshot();
      assertThat(seen.closes()).containsEntry("capped", 1L).hasSize(1);
      assertThat(seen.capped()).isEqualTo(1);
      assertThat(seen.errors()).isEmpty();
      assertThat(probe.sessions).isEmpty();
    }
  }

  /** Also while the client already speaks TLS, which then finds no answer. */
  @Test
  void overTheHardCapNotAByteOfTlsIsSpoken() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().caps(1, 1).listen();
      try (WireClient first = WireClient.to(server)) {
        for (int i = 1; i <= 20; i++) {
          assertRefused(server);
          int refusals = i;
          TestNode.await(
              "counted", () -> server.endpoint().metrics().snapshot().refused() == refusals);
        }
        first.send("hello");
        assertThat(first.receive(5)).isEqualTo("hello");
      }
      EndpointMetrics.Snapshot seen = server.endpoint().metrics().snapshot();
      assertThat(seen.accepted()).isEqualTo(1);
      assertThat(seen.peak()).isEqualTo(1);
      assertThat(seen.errors()).isEmpty();
    }
  }

  @Test
  void interfacesOfOneNodeKeepCapsOfTheirOwn() throws Exception {
    Probe other =
        new Probe()
            .onCapped(
                peer -> {
                  peer.write("busy".getBytes(US_ASCII));
                  peer.close();
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer secured = node.serve(probe).tls().caps(1, 1).listen();
      OpenSslServer plain = node.serve(other).caps(2, 3).listen();
      List<WireClient> clients = new ArrayList<>();
      try {
        clients.add(WireClient.to(secured));
        assertRefused(secured);
        // The other one is untouched by that, up to its own caps ...
        for (int i = 0; i < 2; i++) {
          WireClient client = WireClient.to(plain);
          clients.add(client);
          client.send("hello");
          assertThat(client.receive(5)).isEqualTo("hello");
        }
        WireClient capped = WireClient.to(plain);
        clients.add(capped);
        TestNode.await("the capped one counts", () -> open(plain) == 3);
        assertRefused(plain);
        capped.send("hello");
        assertThat(capped.receiveAll()).asString(US_ASCII).isEqualTo("busy");
        // ... and both serve whom they have.
        for (WireClient client : clients.subList(0, 3)) {
          client.send("again");
          assertThat(client.receive(5)).isEqualTo("again");
        }
      } finally {
        clients.forEach(WireClient::close);
      }
      assertThat(secured.endpoint().metrics().snapshot().refused()).isEqualTo(1);
      assertThat(plain.endpoint().metrics().snapshot().refused()).isEqualTo(1);
      assertThat(secured.endpoint().metrics().snapshot().capped()).isZero();
      assertThat(plain.endpoint().metrics().snapshot().capped()).isEqualTo(1);
    }
  }

  private static int open(OpenSslServer server) {
    return server.endpoint().metrics().snapshot().open();
  }

  private static Socket rawConnect(OpenSslServer server) throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout((int) TestNode.PATIENCE.toMillis());
    socket.connect(server.address());
    return socket;
  }

  private static void assertRefused(OpenSslServer server) throws IOException {
    try (Socket socket = rawConnect(server)) {
      socket.getOutputStream().write(new byte[] {22, 3, 1, 0, 100, 1});
      assertThat(socket.getInputStream().read()).isNegative();
    } catch (SocketException reset) {
      assertThat(reset).hasMessageMatching("Connection reset|Broken pipe");
    }
  }

  private static void assertEchoes(OpenSslServer server) throws IOException {
    try (WireClient client = WireClient.to(server)) {
      client.send("hello");
      assertThat(client.receive(5)).isEqualTo("hello");
    }
  }
}
