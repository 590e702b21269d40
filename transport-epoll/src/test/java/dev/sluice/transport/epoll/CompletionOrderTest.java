// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What became of writes is told in the order of the writes, also of those without a byte. */
class CompletionOrderTest {

  private static final Duration SOON = Duration.ofSeconds(6);

  /** More than two kernels take. */
  private static final int LARGE = 12 << 20;

  /** Bytes of each write; those without any are barriers. */
  private static final int[] BEHIND_LARGE = {10, 0, LARGE, 0, 0, 100, 0, 70_000, 0};

  private static final int[] SMALL = {10, 0, 0, 100, 0, 70_000, 0, 1, 0};

  static Stream<Arguments> ways() {
    return Stream.of(false, true)
        .flatMap(
            tls ->
                Stream.of(
                    Arguments.of(Execution.EVENT_LOOP, WritesFrom.SESSION, tls),
                    Arguments.of(Execution.WORKERS, WritesFrom.SESSION, tls),
                    Arguments.of(Execution.EVENT_LOOP, WritesFrom.LOOP_TASK, tls),
                    Arguments.of(Execution.EVENT_LOOP, WritesFrom.OTHER_THREAD, tls),
                    Arguments.of(Execution.WORKERS, WritesFrom.OTHER_THREAD, tls)));
  }

  private final List<String> told = new CopyOnWriteArrayList<>();

  private ScriptedProtocol writing(Execution execution, WritesFrom from, int... sizes) {
    return new ScriptedProtocol(execution)
        .onData((session, data) -> from.make(session, () -> write(session, sizes)));
  }

  private void write(ScriptedProtocol.Conn session, int... sizes) {
    for (int i = 0; i < sizes.length; i++) {
      int number = i;
      session.writer.writeOutbound(
          session.id,
          Unpooled.buffer(Math.max(1, sizes[i])).writeZero(sizes[i]),
          written -> told.add(number + " " + written));
    }
    session.events.add("all written");
  }

  private static List<String> all(int from, int to, boolean written) {
    List<String> all = new ArrayList<>();
    for (int i = from; i < to; i++) {
      all.add(i + " " + written);
    }
    return all;
  }

  private static int sum(int... sizes) {
    int sum = 0;
    for (int size : sizes) {
      sum += size;
    }
    return sum;
  }

  @ParameterizedTest
  @MethodSource("ways")
  void anEmptyWriteIsToldOfBehindTheBytesInFrontOfIt(
      Execution execution, WritesFrom from, boolean tls) throws Exception {
    ScriptedProtocol protocol = writing(execution, from, BEHIND_LARGE);
    try (TestNode node = new TestNode().endingWithin(SOON)) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("?");
        TestNode.await("written", SOON, () -> protocol.session().events.contains("all written"));
        TestNode.await("the first are told of", SOON, () -> told.size() >= 2);
        TestNode.await(
            "output is stuck", SOON, () -> node.transport.connections().outboundQueued() > 0);
        node.goRound();
        protocol.session().awaitTurn();
        assertThat(told).containsExactlyElementsOf(all(0, 2, true));
        int length = sum(BEHIND_LARGE);
        assertThat(client.receiveBytes(length)).hasSize(length);
        TestNode.await("all are told of", SOON, () -> told.size() >= BEHIND_LARGE.length);
        assertThat(told).containsExactlyElementsOf(all(0, BEHIND_LARGE.length, true));
      }
    }
  }

  /** A barrier behind bytes that are lost would otherwise say that they were taken. */
  @ParameterizedTest
  @MethodSource("ways")
  void afterAResetTheyAreToldOfAsLostAndInTheirOrder(
      Execution execution, WritesFrom from, boolean tls) throws Exception {
    ScriptedProtocol protocol = writing(execution, from, BEHIND_LARGE);
    try (TestNode node = new TestNode().endingWithin(SOON)) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      WireClient client = WireClient.withSmallWindow(server);
      client.send("?");
      TestNode.await("written", SOON, () -> protocol.session().events.contains("all written"));
      TestNode.await("the first are told of", SOON, () -> told.size() >= 2);
      TestNode.await(
          "output is stuck", SOON, () -> node.transport.connections().outboundQueued() > 0);
      client.reset();
      TestNode.await("told", SOON, () -> protocol.session().reason != null);
      List<String> expected = all(0, 2, true);
      expected.addAll(all(2, BEHIND_LARGE.length, false));
      assertThat(told).containsExactlyElementsOf(expected);
    }
  }

  /** What the kernel could take at once has not been taken before the flush. */
  @ParameterizedTest
  @MethodSource("ways")
  void soItIsForBytesThatWaitForTheFlushOnly(Execution execution, WritesFrom from, boolean tls)
      throws Exception {
    ScriptedProtocol protocol = writing(execution, from, SMALL);
    try (TestNode node = new TestNode().endingWithin(SOON)) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("?");
        int length = sum(SMALL);
        assertThat(client.receiveBytes(length)).hasSize(length);
        TestNode.await("all are told of", SOON, () -> told.size() >= SMALL.length);
        assertThat(told).containsExactlyElementsOf(all(0, SMALL.length, true));
      }
    }
  }
}
