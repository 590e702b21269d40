// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.ConnId;
import dev.sluice.api.Execution;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.session.bridge.StreamBridge;
import dev.sluice.transport.epoll.stream.StreamChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A listener has its port alone, gives it up whole, and sets its connections up. */
class ListenerTest {

  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private final RawEcho echo = new RawEcho(Execution.EVENT_LOOP);

  @Test
  void portZeroBecomesAPortThatServes() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer one = node.serve(echo).listen();
      OpenSslServer two = node.serve(echo).listen();
      assertThat(one.address().getPort()).isPositive().isNotEqualTo(two.address().getPort());
      assertThat(one.address().getAddress()).isEqualTo(LOOPBACK);
      assertEchoes(one);
      assertEchoes(two);
    }
  }

  @Test
  void whatIsBoundAndDoesNotListenRefusesClientsUntilItDoes() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(echo).bind();
      assertRefused(server.address());
      server.listen();
      assertEchoes(server);
    }
  }

  @Test
  void whatWasClosedRefusesClientsWhileItsConnectionsLiveOn() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(echo).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("one");
        assertThat(client.receive(3)).isEqualTo("one");
        server.close();
        server.close();
        assertRefused(server.address());
        client.send("two");
        assertThat(client.receive(3)).isEqualTo("two");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSecondListenerOnThePortFailsAndSaysWhere(boolean firstListens) throws Exception {
    try (TestNode node = new TestNode();
        TestNode other = new TestNode()) {
      OpenSslServer first = node.serve(echo).bind();
      if (firstListens) {
        first.listen();
      }
      int port = first.address().getPort();
      assertThatThrownBy(() -> other.serve(echo).port(port).bind())
          .isInstanceOf(BindException.class)
          .hasMessage("can't bind localhost:" + port + ": Address already in use");
      if (!firstListens) {
        first.listen();
      }
      assertEchoes(first);
    }
  }

  /** Neither by SO_REUSEADDR, which Java's server sockets have, nor by SO_REUSEPORT. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aStrangerCannotShareThePort(boolean listens) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(echo).bind();
      if (listens) {
        server.listen();
      }
      try (ServerSocketChannel stranger = ServerSocketChannel.open()) {
        stranger.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        stranger.setOption(StandardSocketOptions.SO_REUSEPORT, true);
        assertThatThrownBy(() -> stranger.bind(server.address())).isInstanceOf(BindException.class);
      }
    }
  }

  @Test
  void anAddressThatIsNotOfThisMachineIsNamedInTheFailure() throws Exception {
    try (TestNode node = new TestNode()) {
      // Of a block that is set apart for documentation.
      InetAddress elsewhere = InetAddress.getByName("192.0.2.1");
      assertThatThrownBy(() -> node.serve(echo).address(elsewhere).port(4321).bind())
          .isInstanceOf(BindException.class)
          .hasMessage("can't bind 192.0.2.1:4321: Cannot assign requested address");
    }
  }

  @Test
  void thePortCanBeBoundAgainAtOnceWhileOldConnectionsLinger() throws Exception {
    try (TestNode node = new TestNode()) {
      Probe probe = new Probe().onData((peer, data) -> peer.close());
      OpenSslServer server = node.serve(probe).listen();
      int port = server.address().getPort();
      try (WireClient living = WireClient.to(server)) {
        for (int i = 0; i < 5; i++) {
          try (WireClient client = WireClient.to(server)) {
            client.send("x");
            assertThat(client.receiveAll()).isEmpty();
          }
        }
        // The side that ends first lingers, and that was the server.
        TestNode.await("connections linger", () -> inTimeWait(port) == 5);
        server.close();
        OpenSslServer again = node.serve(echo).port(port).listen();
        assertEchoes(again);
        living.send("x");
        assertThat(living.receiveAll()).isEmpty();
      }
    }
  }

  /** Sockets of the port whose state is TIME_WAIT, which the kernel's table calls 06. */
  private static long inTimeWait(int port) {
    String local = String.format(Locale.ROOT, ":%04X", port);
    try (Stream<String> v4 = Files.lines(Path.of("/proc/net/tcp"));
        Stream<String> v6 = Files.lines(Path.of("/proc/net/tcp6"))) {
      return Stream.concat(v4, v6)
          .map(line -> line.trim().split("\\s+"))
          .filter(columns -> columns[1].endsWith(local) && columns[3].equals("06"))
          .count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void connectionsSendWithoutDelayAndAreKeptAlive() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(echo).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("x");
        assertThat(client.receive(1)).isEqualTo("x");
        long id = node.transport.connections().newest(ConnectionFilter.ALL, 1).get(0).id();
        StreamBridge connection =
            (StreamBridge) node.transport.connections().find(ConnId.of(id)).orElseThrow();
        Channel channel = StreamChannel.of(connection);
        // Both are asked of the kernel, not remembered.
        assertThat(channel.config().getOption(ChannelOption.TCP_NODELAY)).isTrue();
        assertThat(channel.config().getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
      }
    }
  }

  @Test
  void connectionsAreSpreadOverTheLoops() throws Exception {
    Probe probe = new Probe();
    try (TestNode node = new TestNode(TestNode.options().withThreads(4, 1))) {
      OpenSslServer server = node.serve(probe).listen();
      List<WireClient> clients = new ArrayList<>();
      try {
        for (int i = 0; i < 40; i++) {
          WireClient client = WireClient.to(server);
          clients.add(client);
          client.send("x");
          assertThat(client.receive(1)).isEqualTo("x");
        }
      } finally {
        clients.forEach(WireClient::close);
      }
      Map<Object, Long> byLoop =
          probe.sessions.stream()
              .collect(
                  Collectors.groupingBy(peer -> peer.context.executor(), Collectors.counting()));
      assertThat(byLoop).hasSize(4);
      assertThat(byLoop.values()).allMatch(count -> count == 10);
    }
  }

  private static void assertEchoes(OpenSslServer server) throws IOException {
    try (WireClient client = WireClient.to(server)) {
      client.send("hello");
      assertThat(client.receive(5)).isEqualTo("hello");
    }
  }

  private static void assertRefused(InetSocketAddress address) throws IOException {
    try (Socket socket = new Socket()) {
      assertThatThrownBy(() -> socket.connect(address))
          .isInstanceOf(ConnectException.class)
          .hasMessageContaining("Connection refused");
    }
  }
}
