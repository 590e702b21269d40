// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.Execution;
import dev.sluice.session.bridge.CertificateVersion;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.session.bridge.ConnectionState;
import dev.sluice.session.bridge.ConnectionView;
import dev.sluice.session.bridge.Connections;
import dev.sluice.transport.epoll.loop.LoopFigures;
import io.netty.util.NetUtil;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The connections that are listed are those that there are. */
class ConnectionListTest {

  private static final int LARGE = 12 << 20;

  private final Probe probe = new Probe();

  private static List<ConnectionView> all(TestNode node) {
    return node.transport.connections().page(ConnectionFilter.ALL, Long.MIN_VALUE, 1000);
  }

  private static ConnectionView only(TestNode node) {
    TestNode.await("one connection", () -> all(node).size() == 1);
    return all(node).get(0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aViewShowsWhatTheClientDid(boolean tls) throws Exception {
    probe.alpn("one");
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls(tls).listen();
      Instant before = Instant.now().minusMillis(1);
      try (Socket client = TestNode.connect(server)) {
        client.getOutputStream().write(new byte[700]);
        assertThat(client.getInputStream().readNBytes(700)).hasSize(700);
        probe.session().context.note("seven hundred");
        TestNode.await("sent", () -> only(node).bytesOut() == 700);
        ConnectionView view = only(node);
        assertThat(view.id()).isEqualTo(probe.session().id.value());
        assertThat(view.interfaceName()).isEqualTo("test0");
        assertThat(view.protocol()).isEqualTo("PROBE");
        assertThat(view.local()).contains(server.address());
        assertThat(view.remote()).contains(client.getLocalSocketAddress());
        assertThat(view.openedAt()).isBetween(before, Instant.now());
        assertThat(view.age()).isBetween(Duration.ofNanos(1), TestNode.PATIENCE);
        assertThat(view.capped()).isFalse();
        assertThat(view.state()).isEqualTo(ConnectionState.OPEN);
        assertThat(view.busy()).isFalse();
        assertThat(view.bytesIn()).isEqualTo(700);
        assertThat(view.queuedOut()).isZero();
        assertThat(view.heldIn()).isZero();
        assertThat(view.readsPaused()).isFalse();
        assertThat(view.tlsVersion()).isEqualTo(tls ? Optional.of("TLSv1.3") : Optional.empty());
        assertThat(view.certificate())
            .isEqualTo(tls ? Optional.of(new CertificateVersion("unnamed", 1)) : Optional.empty());
        assertThat(view.note()).contains("seven hundred");
      }
      TestNode.await("gone", () -> all(node).isEmpty());
      assertThat(node.transport.connections().count()).isZero();
    }
  }

  @Test
  void theCertificateIsThatOfTheConnectionInTheViewAndInTheRecord() throws Exception {
    CertificateVersion version = new CertificateVersion("service", 3);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("x");
        assertThat(client.receive(1)).isEqualTo("x");
        node.transport.connections().find(probe.session().id).orElseThrow().servedWith(version);
        assertThat(only(node).certificate()).contains(version);
      }
      assertThat(Recorded.only(node).certificate()).contains(version);
    }
  }

  @Test
  void whatTheClientAskedTlsForIsShown() throws Exception {
    probe.alpn("one");
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      try (OpensslClient client =
          new OpensslClient(server, "-servername", "localhost", "-alpn", "one", "-tls1_2")) {
        client.type("hello");
        client.awaitOutput("hello");
        ConnectionView view = only(node);
        assertThat(view.tlsVersion()).contains("TLSv1.2");
        assertThat(view.alpn()).contains("one");
        assertThat(view.serverName()).contains("localhost");
      }
    }
  }

  @Test
  void aClientThatHasNotSpokenYetIsShakingHands() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      try (Socket client = new Socket(server.address().getAddress(), server.address().getPort())) {
        ConnectionView view = only(node);
        assertThat(view.state()).isEqualTo(ConnectionState.HANDSHAKING);
        assertThat(view.remote()).contains(client.getLocalSocketAddress());
        assertThat(view.tlsVersion()).isEmpty();
      }
    }
  }

  @Test
  void outputThatWaitsAndACloseThatWaitsForItAreShown() throws Exception {
    probe.greets(peer -> peer.write(new byte[LARGE]));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).limits(Limits.linger(60_000)).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        TestNode.await("paced by its output", () -> only(node).readsPaused());
        // While the kernel takes more they are not of one moment.
        TestNode.await("what it has and what waits are all", () -> split(only(node)));
        probe.session().close();
        TestNode.await("closing", () -> only(node).state() == ConnectionState.CLOSING);
        client.receiveBytes(LARGE);
        TestNode.await("lingering", () -> only(node).state() == ConnectionState.LINGERING);
        assertThat(only(node).queuedOut()).isZero();
      }
    }
  }

  private static boolean split(ConnectionView view) {
    return view.queuedOut() > 0
        && view.bytesOut() > 0
        && view.bytesOut() + view.queuedOut() == LARGE;
  }

  @Test
  void inputThatWaitsAndASessionAtWorkAreShown() throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    ScriptedProtocol blocked =
        new ScriptedProtocol(Execution.WORKERS)
            .onData(
                (session, data) -> {
                  try {
                    latch.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(blocked).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send(new byte[5000]);
        TestNode.await("it waits", () -> only(node).heldIn() == 5000);
        assertThat(only(node).busy()).isTrue();
        client.reset();
        TestNode.await("not told yet", () -> only(node).state() == ConnectionState.ENDED);
        assertThat(
                node.transport
                    .connections()
                    .close(ConnId.of(only(node).id()), CloseReason.TERMINATED))
            .isFalse();
      } finally {
        latch.countDown();
      }
      assertThat(Recorded.only(node).reason()).isEqualTo("peer_reset");
    }
  }

  @Test
  void aFilterShowsThoseOfAnInterfaceOrOfAnAddress() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer one = node.serve(probe).listen();
      OpenSslServer two = node.serve(new Probe()).listen();
      OpenSslServer six = node.serve(new Probe()).address(NetUtil.LOCALHOST6).listen();
      try (WireClient first = WireClient.to(one);
          WireClient second = WireClient.to(two);
          Socket third = new Socket(two.address().getAddress(), two.address().getPort());
          WireClient fourth = WireClient.to(six)) {
        TestNode.await("all", () -> node.transport.connections().count() == 4);
        assertThat(List.of(first.sent.get(), second.sent.get(), fourth.sent.get()))
            .containsOnly(0L);
        assertThat(found(node, ConnectionFilter.ofInterface("test0"))).isEqualTo(1);
        assertThat(found(node, ConnectionFilter.ofInterface("test1"))).isEqualTo(2);
        assertThat(found(node, ConnectionFilter.ofInterface("none"))).isZero();
        assertThat(found(node, from("127.0.0."))).isEqualTo(3);
        assertThat(found(node, from("127.0.0.1:" + third.getLocalPort()))).isEqualTo(1);
        assertThat(found(node, from("::1"))).isEqualTo(1);
        assertThat(found(node, from("[::1]:"))).isEqualTo(1);
        assertThat(found(node, from("10."))).isZero();
        assertThat(
                found(node, new ConnectionFilter(Optional.of("test0"), Optional.of("127.0.0.1:"))))
            .isEqualTo(1);
      }
    }
  }

  private static ConnectionFilter from(String prefix) {
    return new ConnectionFilter(Optional.empty(), Optional.of(prefix));
  }

  private static int found(TestNode node, ConnectionFilter filter) {
    return node.transport.connections().page(filter, Long.MIN_VALUE, 10).size();
  }

  /** Those that stay are on exactly one page each, in order, while others come and go. */
  @Test
  void pagesAreOrderedAndCompleteWhileOthersComeAndGo() throws Exception {
    int stay = Math.min(5000, descriptors() / 3);
    List<Socket> clients = new ArrayList<>();
    AtomicBoolean over = new AtomicBoolean();
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      OpenSslServer busy = node.serve(new Probe()).listen();
      CompletableFuture<Void> churn = null;
      try {
        for (int i = 0; i < stay; i++) {
          clients.add(new Socket(server.address().getAddress(), server.address().getPort()));
        }
        TestNode.await("all accepted", () -> node.transport.connections().count() == stay);
        Set<Long> staying = new HashSet<>();
        long last = Long.MIN_VALUE;
        while (staying.size() < stay) {
          for (ConnectionView view :
              node.transport.connections().page(ConnectionFilter.ALL, last, 1000)) {
            staying.add(view.id());
            last = view.id();
          }
        }
        churn = WireClient.later(() -> comeAndGo(busy, over));
        TestNode.await("others come", () -> busy.endpoint().metrics().snapshot().accepted() > 0);
        for (int size : new int[] {1000, 170, 7}) {
          List<Long> seen = new ArrayList<>();
          long after = Long.MIN_VALUE;
          List<ConnectionView> page;
          do {
            page = node.transport.connections().page(ConnectionFilter.ALL, after, size);
            assertThat(page).hasSizeLessThanOrEqualTo(size);
            for (ConnectionView view : page) {
              assertThat(view.id()).isGreaterThan(after);
              after = view.id();
              seen.add(view.id());
            }
          } while (page.size() == size);
          assertThat(seen).isSorted().doesNotHaveDuplicates().containsAll(staying);
        }
      } finally {
        over.set(true);
        if (churn != null) {
          churn.get();
        }
        for (Socket client : clients) {
          client.close();
        }
      }
    }
  }

  /** Client and server are one process here. */
  private static int descriptors() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
        ? (int) Math.min(1 << 20, system.getMaxFileDescriptorCount())
        : 1024;
  }

  private static Void comeAndGo(OpenSslServer server, AtomicBoolean over) throws Exception {
    List<Socket> open = new ArrayList<>();
    while (!over.get()) {
      open.add(new Socket(server.address().getAddress(), server.address().getPort()));
      if (open.size() > 50) {
        open.remove(open.size() / 2).close();
      }
    }
    for (Socket socket : open) {
      socket.close();
    }
    return null;
  }

  @Test
  void theNewestAreThoseThatCameLast() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      try (Socket first = TestNode.connect(server);
          Socket second = TestNode.connect(server);
          Socket third = TestNode.connect(server)) {
        TestNode.await("all", () -> node.transport.connections().count() == 3);
        List<Long> ids = all(node).stream().map(ConnectionView::id).toList();
        assertThat(node.transport.connections().newest(ConnectionFilter.ALL, 2))
            .extracting(ConnectionView::id)
            .containsExactly(ids.get(2), ids.get(1));
        assertThat(List.of(first, second, third)).allMatch(Socket::isConnected);
      }
    }
  }

  @Test
  void aPageHasASize() {
    try (TestNode node = new TestNode()) {
      for (int limit : new int[] {-1, 0, Connections.LARGEST_PAGE + 1}) {
        assertThatThrownBy(() -> node.transport.connections().page(ConnectionFilter.ALL, 0, limit))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
  }

  /** Also while its answer is under way, which arrives whole. */
  @Test
  void theOperatorClosesInOrder() throws Exception {
    // What waits is counted before it has its place in the order.
    CountDownLatch written = new CountDownLatch(1);
    probe.greets(
        peer -> {
          peer.write(new byte[LARGE]);
          written.countDown();
        });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        assertThat(written.await(20, TimeUnit.SECONDS)).isTrue();
        TestNode.await("output waits", () -> only(node).queuedOut() > 1 << 20);
        ConnId id = ConnId.of(only(node).id());
        assertThat(node.transport.connections().close(id, CloseReason.CLOSED_BY_OPERATOR)).isTrue();
        assertThat(
                node.transport.connections().close(ConnId.of(4711), CloseReason.CLOSED_BY_OPERATOR))
            .isFalse();
        assertThat(client.receiveAll()).hasSize(LARGE);
        client.cutOff();
        assertThat(probe.session().end()).isEqualTo(CloseReason.CLOSED_BY_OPERATOR);
        TestNode.await(
            "unknown", () -> !node.transport.connections().close(id, CloseReason.TERMINATED));
      }
    }
  }

  @Test
  void theLoopsShareTheConnectionsAndSayWhatTheyUse() throws Exception {
    List<WireClient> clients = new ArrayList<>();
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      for (int i = 0; i < 8; i++) {
        clients.add(WireClient.to(server));
      }
      TestNode.await(
          "all registered",
          () -> node.transport.loops().stream().mapToInt(LoopFigures::connections).sum() == 8);
      List<LoopFigures> before = node.transport.loops();
      assertThat(before).hasSize(2);
      for (LoopFigures loop : before) {
        assertThat(loop.name()).startsWith("sluice-loop-");
        assertThat(loop.connections()).isEqualTo(4);
      }
      TestNode.await(
          "they use the processor",
          () -> node.transport.loops().get(0).cpuTime().compareTo(before.get(0).cpuTime()) > 0);
      clients.forEach(WireClient::close);
    }
  }

  @Test
  void aLoopThatIsKeptIsLate() throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    probe.onData(
        (peer, data) -> {
          try {
            latch.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    try (TestNode node = new TestNode(TestNode.options().withThreads(1, 1))) {
      try (WireClient client = WireClient.to(node.serve(probe).listen())) {
        client.send("x");
        TestNode.await(
            "late",
            () -> node.transport.loops().get(0).late().compareTo(Duration.ofMillis(500)) > 0);
      } finally {
        latch.countDown();
      }
      TestNode.await(
          "in time again",
          () -> node.transport.loops().get(0).late().compareTo(Duration.ofMillis(100)) < 0);
    }
  }
}
