// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static dev.sluice.transport.epoll.ClientProbe.target;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.session.bridge.Admission;
import dev.sluice.session.bridge.Ending;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.session.bridge.StreamBridge;
import dev.sluice.transport.epoll.outbound.OutboundConnections;
import dev.sluice.transport.epoll.outbound.OutboundSettings;
import dev.sluice.transport.epoll.stream.StreamChannels;
import dev.sluice.transport.epoll.stream.StreamChannels.ClientTls;
import dev.sluice.transport.epoll.tls.ClientCertificates;
import io.netty.channel.ChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A connection that has ended is nowhere any more, however short its life was. */
class NothingStaysTest {

  private static final Duration SOON = Duration.ofSeconds(5);
  private static final int LOOPS = 4;
  private static final int CLIENTS = 3;

  private static TestNode node() {
    return node(LOOPS);
  }

  private static TestNode node(int loops) {
    return new TestNode(TestNode.options().withThreads(loops, 2)).endingWithin(SOON);
  }

  private static void assertNothingStays(TestNode node, Endpoint bridge) {
    TestNode.await("all end", SOON, () -> bridge.unfinished() == 0);
    TestNode.await("places", SOON, () -> bridge.metrics().snapshot().open() == 0);
    assertThat(node.transport.connections().count()).isZero();
    TestNode.await("no loop has one: " + node.inSweeps(), SOON, () -> node.inSweeps() == 0);
  }

  /** What a client does behind its connect. */
  private enum Way {
    CLOSES,
    RESETS,
    SENDS_AND_RESETS
  }

  /** Through the gap between accept and register, which is a matter of luck each time. */
  @ParameterizedTest
  @CsvSource({
    "CLOSES,false",
    "RESETS,false",
    "SENDS_AND_RESETS,false",
    "RESETS,true",
    "SENDS_AND_RESETS,true"
  })
  void clientsThatGoAsSoonAsTheyComeLeaveNoLoopSomethingToLookAfter(Way way, boolean tls)
      throws Exception {
    Probe probe =
        new Probe().onData((peer, data) -> peer.writer.abort(peer.id, CloseReason.TERMINATED));
    int each = 500;
    try (TestNode node = node()) {
      OpenSslServer server = node.serve(probe).tls(tls).listen();
      CompletableFuture<?>[] clients = new CompletableFuture<?>[CLIENTS];
      for (int client = 0; client < CLIENTS; client++) {
        clients[client] = WireClient.later(() -> comeAndGo(server, way, each));
      }
      CompletableFuture.allOf(clients).get(20, TimeUnit.SECONDS);
      EndpointMetrics metrics = server.endpoint().metrics();
      TestNode.await(
          "accepted", SOON, () -> metrics.snapshot().accepted() == (long) CLIENTS * each);
      assertNothingStays(node, server.endpoint());
    }
  }

  private static Void comeAndGo(OpenSslServer server, Way way, int times) throws IOException {
    for (int i = 0; i < times; i++) {
      try (Socket socket = new Socket()) {
        socket.connect(server.address());
        if (way != Way.CLOSES) {
          socket.setSoLinger(true, 0);
        }
        if (way == Way.SENDS_AND_RESETS) {
          socket.getOutputStream().write('x');
        }
      }
    }
    return null;
  }

  @Test
  void peersWhoseSessionsEndAtTheirFirstDatagramLeaveNothing() throws Exception {
    Probe probe =
        new Probe()
            .onData(
                (peer, data) -> {
                  if (data.getByte(data.readerIndex()) == 'c') {
                    peer.close();
                  } else {
                    peer.writer.abort(peer.id, CloseReason.TERMINATED);
                  }
                });
    try (TestNode node = node()) {
      DatagramServer server = node.serve(probe).udp();
      EndpointMetrics metrics = server.endpoint().metrics();
      for (int i = 0; i < 50; i++) {
        try (DatagramClient client = new DatagramClient(server)) {
          for (int j = 0; j < 10; j++) {
            client.send(new byte[] {(byte) (j % 2 == 0 ? 'c' : 'a')});
          }
        }
        // Few at a time, so that the kernel drops none.
        long expected = (i + 1) * 10L;
        TestNode.await("all come", SOON, () -> metrics.snapshot().accepted() == expected);
      }
      assertNothingStays(node, server.endpoint());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void serversThatBreakOffAtOnceLeaveNothing(boolean tls) throws Exception {
    ClientProbe client = new ClientProbe();
    int times = 300;
    try (TestNode node = node();
        ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      OutboundConnections outbound =
          node.outbound(OutboundSettings.defaults(), ClientCertificates.NONE);
      OutboundOptions options =
          tls ? OutboundTlsTest.trusting(more -> more) : OutboundOptions.plaintext();
      CompletableFuture<Void> accepting = WireClient.later(() -> breakOff(listener, times));
      InetSocketAddress address = (InetSocketAddress) listener.getLocalSocketAddress();
      for (int i = 0; i < times; i++) {
        // Made or not, none of them lasts.
        outbound
            .connector()
            .connect(target(address), options, client)
            .handle((made, failure) -> true)
            .toCompletableFuture()
            .get(SOON.toMillis(), TimeUnit.MILLISECONDS);
      }
      accepting.get(SOON.toMillis(), TimeUnit.MILLISECONDS);
      assertNothingStays(node, outbound.endpoint());
    }
  }

  private static Void breakOff(ServerSocket listener, int times) throws IOException {
    for (int i = 0; i < times; i++) {
      try (Socket accepted = listener.accept()) {
        accepted.setSoLinger(true, 0);
      }
    }
    return null;
  }

  /** It can't be registered a second time, but has had its handlers by then. */
  @Test
  void aRegisteredChannelThatCanNotBeTakenOverIsNotCountedForEver() throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(Execution.EVENT_LOOP);
    try (TestNode node = node(1); // Netty asserts that a channel is closed on its own loop
        ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      OpenSslServer server = node.serve(protocol).listen();
      EventLoop loop = node.transport.nextLoop();
      EpollSocketChannel channel = connected(loop, listener);
      StreamChannels streams =
          new StreamChannels(node.transport.channels(), server.endpoint(), null);
      loop.submit(() -> streams.accept(channel)).sync();
      TestNode.await("closed", SOON, () -> !channel.isOpen());
      assertNothingStays(node, server.endpoint());
      assertThat(server.endpoint().awaitNone(Duration.ZERO)).isTrue();
      assertThat(server.endpoint().metrics().snapshot().errors()).containsEntry("register", 1L);
    }
  }

  private static final class FailingChannel extends EmbeddedChannel {
    private boolean fails;

    @Override
    public ChannelConfig config() {
      if (fails) {
        throw new NoClassDefFoundError("as/the/test/Wants");
      }
      return super.config();
    }
  }

  /** As where there is no descriptor left to load a class with. */
  @Test
  void anAcceptedChannelThatCanNotBeSetUpIsGivenUpAndTheNextIsServed() throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(Execution.EVENT_LOOP);
    try (TestNode node = node()) {
      OpenSslServer server = node.serve(protocol).caps(1, 1).listen();
      FailingChannel channel = new FailingChannel();
      channel.fails = true;
      StreamChannels streams =
          new StreamChannels(node.transport.channels(), server.endpoint(), null);
      node.transport.nextLoop().submit(() -> streams.accept(channel)).sync();

      assertThat(channel.isOpen()).isFalse();
      assertNothingStays(node, server.endpoint());
      assertThat(server.endpoint().metrics().snapshot().errors()).containsEntry("register", 1L);
      // There is one place, and it is free.
      try (WireClient client = WireClient.to(server)) {
        client.send("x");
        assertThat(client.receive(1)).isEqualTo("x");
      }
    }
  }

  private final List<String> opener = new CopyOnWriteArrayList<>();

  private final StreamChannels.Opener failing =
      new StreamChannels.Opener() {
        @Override
        public ClientTls joined(StreamBridge connection) {
          throw new NoClassDefFoundError("as/the/test/Wants");
        }

        @Override
        public void sessionMade(Session session) {}

        @Override
        public void notSetUp(Throwable cause) {
          opener.add("not set up: " + cause.getMessage());
        }

        @Override
        public void ended(Ending ending) {
          opener.add("ended: " + ending.detail());
        }
      };

  /** The rest of its handlers can't be made: the attempt fails, and nothing is left of it. */
  @Test
  void aConnectedChannelThatCanNotBeSetUpIsNotCountedForEver() throws Exception {
    try (TestNode node = node();
        ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      OutboundConnections outbound =
          node.outbound(
              new OutboundSettings(1, SOON, EndpointOptions.Limits.defaults(), List.of(), SOON),
              ClientCertificates.NONE);
      Endpoint endpoint = outbound.endpoint();
      EventLoop loop = node.transport.nextLoop();
      EpollSocketChannel channel = connected(loop, listener);
      Admission.Place place = endpoint.reserve();
      assertThat(place).isNotNull();
      StreamChannels streams = new StreamChannels(node.transport.channels(), endpoint, null);
      Throwable failure =
          loop.submit(() -> streams.connected(channel, place, endpoint.options(), failing))
              .await()
              .cause();
      assertThat(failure).hasMessage("as/the/test/Wants");
      TestNode.await("closed", SOON, () -> !channel.isOpen());
      assertThat(opener)
          .containsExactly("not set up: as/the/test/Wants", "ended: not set up: as/the/test/Wants");
      assertNothingStays(node, endpoint);
    }
  }

  private static EpollSocketChannel connected(EventLoop loop, ServerSocket listener) {
    EpollSocketChannel channel = new EpollSocketChannel();
    loop.register(channel).syncUninterruptibly();
    channel.connect(listener.getLocalSocketAddress()).syncUninterruptibly();
    return channel;
  }
}
