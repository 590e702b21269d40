// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ConnId;
import dev.sluice.platform.Waiting.Side;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes from anywhere reach a connection by its id, or the caller is told that they can't. */
class ReplyAsyncTest {

  private static final int THREADS = 4;

  @TempDir Path folder;
  private NodeHouse house;

  @BeforeEach
  void build() {
    house = new NodeHouse(folder);
  }

  @AfterEach
  void close() {
    house.close();
  }

  @Test
  void anUnknownIdIsAnsweredWithFalse() {
    Node node = house.plugin("PROBE").serve("one", "PROBE").start();
    for (long id : new long[] {1, 4711, -1, Long.MAX_VALUE, Long.MIN_VALUE}) {
      ByteBuf data = Unpooled.copiedBuffer(new byte[8]);
      assertThat(node.manager().replyAsync(ConnId.of(id), true, data)).isFalse();
      assertThat(data.refCnt()).isZero();
    }
  }

  @Test
  void aConnectionThatHasNoSessionYetIsAnsweredWithFalse() throws Exception {
    Node node = house.plugin("PROBE").serve("one", "PROBE").start();
    try (Client client = Client.plain(node.addresses().get("one"))) {
      Waiting.until("it is in", () -> node.metrics().get("one").snapshot().open() == 1);
      assertThat(reply(node, ConnId.of(1), "too early\n")).isFalse();
      // The first id of a node, and only now does it have a session.
      assertThat(client.ask("id")).isEqualTo("1");
      assertThat(reply(node, ConnId.of(1), "in time\n")).isTrue();
      assertThat(client.hear()).isEqualTo("in time");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"EVENT_LOOP", "WORKERS"})
  void whatFourThreadsSendReachesTheClientInTheOrderOfEach(String execution) throws Exception {
    house.plugin("PROBE", "execution=" + execution);
    Node node = house.serve("one", "PROBE").start();
    try (Client client = Client.plain(node.addresses().get("one"))) {
      ConnId id = idOf(client);
      int each = 500;
      List<Side<Integer>> senders = senders(node, id, each, new CountDownLatch(0));
      int[] next = new int[THREADS];
      for (int i = 0; i < THREADS * each; i++) {
        assertNext(client.hear(), next);
      }
      for (Side<Integer> sender : senders) {
        assertThat(sender.result()).isEqualTo(each);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"EVENT_LOOP", "WORKERS"})
  void theLastBytesArriveBeforeTheEndThatTheyBring(String execution) throws Exception {
    house.plugin("PROBE", "execution=" + execution);
    Node node = house.serve("one", "PROBE").start();
    for (int round = 0; round < 20; round++) {
      try (Client client = Client.plain(node.addresses().get("one"))) {
        ConnId id = idOf(client);
        ByteBuf last = Unpooled.copiedBuffer("farewell\n", StandardCharsets.US_ASCII);
        assertThat(node.manager().replyAsync(id, true, last)).isTrue();
        assertThat(client.hearAll()).isEqualTo("farewell\n");
        assertThat(reply(node, id, "too late\n")).isFalse();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"EVENT_LOOP", "WORKERS"})
  void racingWithACloseEveryBufferIsReleasedAndNothingArrivesTwiceOrOutOfOrder(String execution)
      throws Exception {
    house.plugin("PROBE", "execution=" + execution);
    Node node = house.serve("one", "PROBE").start();
    for (int round = 0; round < 12; round++) {
      try (Client client = Client.plain(node.addresses().get("one"))) {
        ConnId id = idOf(client);
        CountDownLatch go = new CountDownLatch(1);
        List<Side<Integer>> senders = senders(node, id, 20_000, go);
        go.countDown();
        int[] next = new int[THREADS];
        assertNext(client.hear(), next);
        int way = round % 3;
        if (way == 0) {
          client.say("close");
        } else if (way == 1) {
          node.manager().replyAsync(id, true, Unpooled.EMPTY_BUFFER);
        }
        if (way < 2) {
          for (String text : client.hearAll().lines().toList()) {
            assertNext(text, next);
          }
        }
        client.hangUp();
        for (int thread = 0; thread < THREADS; thread++) {
          assertThat(senders.get(thread).result()).isGreaterThanOrEqualTo(next[thread]);
        }
        Waiting.until("it is gone", () -> !reply(node, id, "too late\n"));
      }
    }
    assertThat(node.metrics().get("one").snapshot().errors()).isEmpty();
  }

  /** A thread's number and the next of its lines. */
  private static void assertNext(String line, int[] next) {
    int space = line.indexOf(' ');
    int thread = Integer.parseInt(line.substring(0, space));
    assertThat(Integer.parseInt(line.substring(space + 1))).isEqualTo(next[thread]++);
  }

  /** Each sends numbered lines until it is told no, or has sent so many; answers how many. */
  private List<Side<Integer>> senders(Node node, ConnId id, int most, CountDownLatch go) {
    List<Side<Integer>> senders = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      int thread = t;
      senders.add(
          Side.call(
              () -> {
                go.await();
                List<ByteBuf> sent = new ArrayList<>();
                int accepted = 0;
                boolean more = true;
                while (more && accepted < most) {
                  ByteBuf line =
                      Unpooled.copiedBuffer(
                          thread + " " + accepted + "\n", StandardCharsets.US_ASCII);
                  sent.add(line);
                  more = node.manager().replyAsync(id, false, line);
                  accepted += more ? 1 : 0;
                }
                Waiting.until(
                    "all buffers are given back",
                    () -> sent.stream().allMatch(buffer -> buffer.refCnt() == 0));
                return accepted;
              }));
    }
    return senders;
  }

  private static boolean reply(Node node, ConnId id, String text) {
    return node.manager()
        .replyAsync(id, false, Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
  }

  private static ConnId idOf(Client client) throws Exception {
    return ConnId.of(Long.parseLong(client.ask("id")));
  }
}
