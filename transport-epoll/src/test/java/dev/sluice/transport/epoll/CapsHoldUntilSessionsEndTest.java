// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static dev.sluice.transport.epoll.ClientProbe.target;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.Execution;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundException.Kind;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.session.bridge.ConnectionState;
import dev.sluice.session.bridge.ConnectionView;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.transport.epoll.outbound.OutboundConnections;
import dev.sluice.transport.epoll.outbound.OutboundSettings;
import dev.sluice.transport.epoll.tls.ClientCertificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A place under a cap is taken until the session has heard of its end, however long that takes: the
 * session, its queue and what it holds are what the cap bounds.
 */
class CapsHoldUntilSessionsEndTest {

  private static final Duration SOON = Duration.ofSeconds(5);
  private static final int CAP = 10;
  private static final int BYTES = 2048;

  private static final int WORKERS = 2;

  private final CountDownLatch blocked = new CountDownLatch(1);
  private final AtomicInteger atWork = new AtomicInteger();

  /** Sessions that keep their workers until they are let go, and echo from then on. */
  private ScriptedProtocol blocking() {
    return new ScriptedProtocol(Execution.WORKERS)
        .onData(
            (session, data) -> {
              waitUntilLetGo();
              session.writer.writeOutbound(session.id, data.retain());
            });
  }

  private void waitUntilLetGo() {
    atWork.incrementAndGet();
    try {
      assertThat(blocked.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A session that has not begun may end without its worker. */
  private void awaitAtWork(int sessions) {
    TestNode.await("at work", SOON, () -> atWork.get() >= sessions);
  }

  private static void assertEnded(TestNode node, InterfaceServer server) {
    TestNode.await("all end", SOON, () -> server.endpoint().unfinished() == 0);
    TestNode.await("places", SOON, () -> server.endpoint().metrics().snapshot().open() == 0);
    assertThat(node.transport.connections().inboundQueued()).isZero();
    assertThat(node.transport.connections().count()).isZero();
  }

  /** Whether the newest connection that there is has lost its socket. */
  private static boolean newestIsGone(TestNode node) {
    List<ConnectionView> newest = node.transport.connections().newest(ConnectionFilter.ALL, 1);
    return newest.isEmpty() || newest.get(0).state() == ConnectionState.ENDED;
  }

  @ParameterizedTest
  @CsvSource({"false,40", "true,20"})
  void clientsThatSendAndBreakOffDoNotGetPastTheHardCap(boolean tls, int clients) throws Exception {
    ScriptedProtocol protocol = blocking();
    try (TestNode node =
        new TestNode(TestNode.options().withThreads(1, WORKERS)).endingWithin(SOON)) {
      OpenSslServer server = node.serve(protocol).tls(tls).caps(CAP, CAP).listen();
      EndpointMetrics metrics = server.endpoint().metrics();
      try {
        for (int i = 1; i <= clients; i++) {
          breakOff(node, server, i);
          assertThat(server.endpoint().unfinished()).as("after %d", i).isLessThanOrEqualTo(CAP);
          assertThat(node.transport.connections().inboundQueued())
              .isLessThanOrEqualTo((long) CAP * BYTES);
        }
        assertThat(metrics.snapshot().refused()).isEqualTo(clients - CAP);
        assertThat(metrics.snapshot().accepted()).isEqualTo(CAP);
      } finally {
        blocked.countDown();
      }
      assertEnded(node, server);
      try (WireClient client = WireClient.to(server)) {
        client.send("hello");
        assertThat(client.receive(5)).isEqualTo("hello");
      }
    }
  }

  /** Not before the server has either refused the client or read what it sent. */
  private void breakOff(TestNode node, OpenSslServer server, int number) throws Exception {
    EndpointMetrics metrics = server.endpoint().metrics();
    long refused = metrics.snapshot().refused();
    long queued = node.transport.connections().inboundQueued();
    WireClient client;
    try {
      client = WireClient.to(server);
      client.send(new byte[BYTES]);
    } catch (IOException refusedMeanwhile) {
      TestNode.await("refused", SOON, () -> metrics.snapshot().refused() > refused);
      return;
    }
    TestNode.await(
        "read or refused, of number " + number,
        SOON,
        () ->
            metrics.snapshot().refused() > refused
                || node.transport.connections().inboundQueued() >= queued + BYTES);
    awaitAtWork(Math.min(number, WORKERS));
    client.reset();
    if (metrics.snapshot().refused() == refused) {
      TestNode.await("gone", SOON, () -> newestIsGone(node));
    }
  }

  /** How a peer's connection ends while its session is kept. */
  private enum PeerEnd {
    CLOSED,
    ABORTED,
    IDLE
  }

  @ParameterizedTest
  @EnumSource
  void datagramsOfPeersWhoseSessionsHaveNotEndedGetNoMoreOfThem(PeerEnd how) throws Exception {
    ScriptedProtocol protocol = blocking();
    TransportOptions options = TestNode.options();
    TransportOptions impatient =
        new TransportOptions(
            1,
            8,
            options.inboundQueueLimit(),
            options.inboundConnectionLimit(),
            options.outboundQueueLimit(),
            Duration.ofMillis(100),
            options.allocator());
    int cap = 3;
    Duration idle = how == PeerEnd.IDLE ? Duration.ofMillis(100) : Duration.ofSeconds(60);
    try (TestNode node = new TestNode(impatient).endingWithin(SOON)) {
      DatagramServer server =
          node.serve(protocol).caps(cap, cap).limits(Limits.times(idle, SOON, SOON)).udp();
      EndpointMetrics metrics = server.endpoint().metrics();
      try (DatagramClient client = new DatagramClient(server)) {
        for (int i = 1; i <= 3 * cap; i++) {
          long handled = handled(metrics);
          client.send(new byte[BYTES]);
          TestNode.await("taken or refused", SOON, () -> handled(metrics) > handled);
          if (i <= cap) {
            awaitAtWork(i);
            end(node, server, how);
          }
          assertThat(server.endpoint().unfinished()).as("after %d", i).isLessThanOrEqualTo(cap);
        }
        assertThat(metrics.snapshot().refused()).isEqualTo(2L * cap);
        assertThat(node.transport.connections().inboundQueued()).isLessThan(cap * (BYTES + 1024L));
        blocked.countDown();
        assertEnded(node, server);
        byte[] hello = {1, 2, 3};
        assertThat(client.ask(hello)).isEqualTo(hello);
      } finally {
        blocked.countDown();
      }
    }
  }

  private static long handled(EndpointMetrics metrics) {
    EndpointMetrics.Snapshot now = metrics.snapshot();
    return now.refused() + now.datagramsIn();
  }

  private static void end(TestNode node, DatagramServer server, PeerEnd how) {
    ConnectionView newest = node.transport.connections().newest(ConnectionFilter.ALL, 1).get(0);
    switch (how) {
      case CLOSED ->
          assertThat(
                  node.transport
                      .connections()
                      .close(ConnId.of(newest.id()), CloseReason.CLOSED_BY_OPERATOR))
              .isTrue();
      case ABORTED -> assertThat(server.endpoint().abortAll(CloseReason.TERMINATED)).isPositive();
      case IDLE -> assertThat(newest.state()).isNotNull();
    }
    TestNode.await("gone", SOON, () -> newestIsGone(node));
  }

  @Test
  void connectionsThatServersBreakOffDoNotGetPastTheMostThatMayBeOpen() throws Exception {
    int most = 3;
    ClientProbe client =
        new ClientProbe().execution(Execution.WORKERS).onData((peer, data) -> waitUntilLetGo());
    OutboundSettings settings =
        new OutboundSettings(most, SOON, EndpointOptions.Limits.defaults(), List.of(), SOON);
    try (TestNode node = new TestNode().endingWithin(SOON);
        ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      OutboundConnections outbound = node.outbound(settings, ClientCertificates.NONE);
      try {
        for (int i = 1; i <= 2 * most; i++) {
          boolean connected = connect(outbound, listener, client);
          if (connected) {
            breakOff(node, listener, i);
          }
          assertThat(outbound.endpoint().unfinished()).as("after %d", i).isLessThanOrEqualTo(most);
          assertThat(connected).as("number %d", i).isEqualTo(i <= most);
        }
      } finally {
        blocked.countDown();
      }
      TestNode.await("all end", SOON, () -> outbound.endpoint().unfinished() == 0);
      assertThat(client.sessions).hasSize(most).allMatch(session -> session.ends.size() == 1);
      TestNode.await("places", SOON, () -> outbound.endpoint().metrics().snapshot().open() == 0);
      assertThat(node.transport.connections().inboundQueued()).isZero();
      assertThat(connect(outbound, listener, client)).isTrue();
    }
  }

  /** False: it was refused, since there are enough. */
  private static boolean connect(
      OutboundConnections outbound, ServerSocket listener, ClientProbe client) throws Exception {
    InetSocketAddress address = (InetSocketAddress) listener.getLocalSocketAddress();
    try {
      outbound
          .connector()
          .connect(target(address), OutboundOptions.plaintext(), client)
          .toCompletableFuture()
          .get(SOON.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (ExecutionException failed) {
      assertThat(failed.getCause())
          .isInstanceOfSatisfying(
              OutboundException.class,
              refused -> assertThat(refused.kind()).isEqualTo(Kind.LOCAL_LIMIT));
      return false;
    }
  }

  /** Once the node has read something for the session. */
  private void breakOff(TestNode node, ServerSocket listener, int number) throws Exception {
    long queued = node.transport.connections().inboundQueued();
    try (Socket accepted = listener.accept()) {
      accepted.getOutputStream().write(new byte[BYTES]);
      TestNode.await(
          "read", SOON, () -> node.transport.connections().inboundQueued() >= queued + BYTES);
      awaitAtWork(number);
      accepted.setSoLinger(true, 0);
    }
    TestNode.await("gone", SOON, () -> newestIsGone(node));
  }
}
