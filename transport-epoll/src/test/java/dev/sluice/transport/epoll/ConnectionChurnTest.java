// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.session.bridge.EndpointOptions;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every place is given back exactly once, whatever way its connection took. */
class ConnectionChurnTest {

  private static final int CYCLES = 500;
  private static final int CLIENTS = 8;
  private static final int CAP = 5;

  /** What has to happen on each interface; chance decides how often. */
  private static final Set<String> KINDS =
      Set.of(
          "session_closed",
          "session_aborted",
          "protocol_error",
          "idle_timeout",
          "peer_closed",
          "peer_reset",
          "hard_cap");

  private final Probe probe = new Probe().onData(ConnectionChurnTest::obey);
  private final AtomicInteger cycles = new AtomicInteger();

  /** What a client does with its connection, or makes the server do. */
  private enum Way {
    END(""),
    RESET(""),
    END_BEFORE_A_BYTE(""),
    END_IN_THE_HELLO(""),
    RESET_IN_THE_HELLO(""),
    SESSION_CLOSES("c"),
    SESSION_ABORTS("a"),
    SESSION_THROWS("t"),
    IDLE("i");

    final String command;

    Way(String command) {
      this.command = command;
    }
  }

  private static void obey(Probe.Peer peer, ByteBuf data) {
    switch (data.getByte(data.readerIndex())) {
      case 'c' -> peer.close();
      case 'a' -> peer.writer.abort(peer.id, CloseReason.SESSION_ABORTED);
      case 't' -> throw new IllegalStateException("as the client wished");
      case 'i' -> peer.context.note("nothing to do");
      default -> peer.write(data.retain());
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"EVENT_LOOP", "WORKERS"})
  void aThousandConnectionsOfEveryKindLeaveNoPlaceTaken(Execution execution) throws Exception {
    EndpointOptions.Limits limits =
        Limits.times(Duration.ofMillis(400), Duration.ofSeconds(5), Duration.ofSeconds(5));
    probe.execution(execution);
    try (TestNode node = new TestNode()) {
      OpenSslServer plain = node.serve(probe).caps(CAP, CAP).limits(limits).listen();
      OpenSslServer secured = node.serve(probe).tls().caps(CAP, CAP).limits(limits).listen();
      List<CompletableFuture<Void>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        Random random = new Random(i);
        clients.add(
            WireClient.later(
                () -> {
                  int cycle;
                  while ((cycle = cycles.incrementAndGet()) <= CYCLES
                      || (cycle < 20 * CYCLES && !(sawAll(plain) && sawAll(secured)))) {
                    // Most without TLS, whose handshakes would take most of the time.
                    go(random.nextInt(3) == 0 ? secured : plain, random);
                  }
                  return null;
                }));
      }
      for (CompletableFuture<Void> client : clients) {
        client.get();
      }
      assertAllGivenBack(plain);
      assertAllGivenBack(secured);
    }
    assertThat(probe.sessions).allMatch(peer -> peer.ends.size() == 1);
  }

  private static void go(OpenSslServer server, Random random) {
    Way way = Way.values()[random.nextInt(Way.values().length)];
    try {
      switch (way) {
        case END_BEFORE_A_BYTE, END_IN_THE_HELLO, RESET_IN_THE_HELLO -> {
          try (Socket socket = new Socket()) {
            socket.connect(server.address());
            if (way != Way.END_BEFORE_A_BYTE) {
              socket.getOutputStream().write(new byte[] {22, 3, 1, 1, 0, 1, 0});
            }
            if (way == Way.RESET_IN_THE_HELLO) {
              socket.setSoLinger(true, 0);
            }
          }
        }
        default -> {
          try (WireClient client = WireClient.to(server)) {
            if (way == Way.RESET) {
              client.reset();
            } else if (!way.command.isEmpty()) {
              client.send(way.command);
              client.receiveAll();
            }
          }
        }
      }
    } catch (IOException refusedOrReset) {
      assertThat(refusedOrReset).isNotInstanceOf(SocketTimeoutException.class);
    }
  }

  private static boolean sawAll(OpenSslServer server) {
    EndpointMetrics.Snapshot seen = server.endpoint().metrics().snapshot();
    return seen.peak() == CAP && seen.closes().keySet().containsAll(KINDS);
  }

  private static void assertAllGivenBack(OpenSslServer server) throws IOException {
    TestNode.await("all end", () -> server.endpoint().unfinished() == 0);
    EndpointMetrics.Snapshot seen = server.endpoint().metrics().snapshot();
    assertThat(seen.open()).isZero();
    assertThat(seen.peak()).isEqualTo(CAP);
    assertThat(seen.closes().keySet()).containsAll(KINDS);
    long ended = seen.closes().values().stream().mapToLong(Long::longValue).sum();
    assertThat(ended).isEqualTo(seen.accepted() + seen.refused());
    try (WireClient client = WireClient.to(server)) {
      client.send("echo");
      assertThat(client.receive(4)).isEqualTo("echo");
    }
    TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
    List<Socket> all = new ArrayList<>();
    try {
      for (int i = 0; i < CAP; i++) {
        all.add(new Socket(server.address().getAddress(), server.address().getPort()));
      }
      TestNode.await(
          "all places can be taken", () -> server.endpoint().metrics().snapshot().open() == CAP);
      long refused = server.endpoint().metrics().snapshot().refused();
      all.add(new Socket(server.address().getAddress(), server.address().getPort()));
      TestNode.await(
          "one more can not",
          () -> server.endpoint().metrics().snapshot().refused() == refused + 1);
    } finally {
      for (Socket socket : all) {
        socket.close();
      }
    }
  }
}
