// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.platform.Waiting.Side;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions may finish what is in hand, up to the deadline and no longer. */
class NodeDrainTest {

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

  @ParameterizedTest
  @ValueSource(strings = {"EVENT_LOOP", "WORKERS"})
  void anIdleSessionClosesAtOnce(String execution) throws Exception {
    house.plugin("PROBE", "execution=" + execution);
    Node node = house.serve("one", "PROBE").set("drain_timeout: 1h").start();
    try (Client client = Client.plain(node.addresses().get("one"))) {
      assertThat(client.ask("hello")).isEqualTo("hello");

      Side<Boolean> stop = Side.run(node::stop);

      assertThat(client.end()).isEqualTo("end of stream");
      client.hangUp();
      assertThat(stop.result()).isTrue();
    }
    assertThat(house.probe.events())
        .containsExactly(
            "PROBE start",
            "PROBE create",
            "PROBE drain at once",
            "PROBE closed session_closed",
            "PROBE stop");
    assertThat(closes(node)).isEqualTo(Map.of("session_closed", 1L));
  }

  @ParameterizedTest
  @ValueSource(strings = {"EVENT_LOOP", "WORKERS"})
  void aSessionThatFinishesInTimeIsNotCut(String execution) throws Exception {
    house.plugin("PROBE", "execution=" + execution);
    Node node = house.serve("one", "PROBE").set("drain_timeout: 1h").start();
    InetSocketAddress address = node.addresses().get("one");
    try (Client client = Client.plain(address)) {
      assertThat(client.ask("drain later")).isEqualTo("drain later");
      Side<Boolean> stop = Side.run(node::stop);
      house.probe.awaitEvent("PROBE drain later");

      // No new ones are taken, and those that are there are still served.
      assertThatThrownBy(() -> Client.plain(address)).isInstanceOf(ConnectException.class);
      assertThat(client.ask("still here?")).isEqualTo("still here?");
      assertThat(node.ready()).isFalse();
      assertThat(stop.done()).isFalse();
      house.probe.release("drain");

      assertThat(client.hearAll()).isEqualTo("done\n");
      client.hangUp();
      assertThat(stop.result()).isTrue();
    }
    assertThat(house.probe.events()).endsWith("PROBE closed session_closed", "PROBE stop");
    assertThat(closes(node)).isEqualTo(Map.of("session_closed", 1L));
    assertThat(house.log()).last().asString().startsWith("INFO stopped; 0 connections aborted;");
  }

  @ParameterizedTest
  @ValueSource(strings = {"EVENT_LOOP", "WORKERS"})
  void aSessionThatNeverFinishesIsAbortedAtTheDeadline(String execution) throws Exception {
    house.plugin("PROBE", "execution=" + execution);
    Node node = house.serve("one", "PROBE").set("drain_timeout: 400ms").start();
    try (Client client = Client.plain(node.addresses().get("one"))) {
      assertThat(client.ask("drain never")).isEqualTo("drain never");
      long begin = System.nanoTime();
      Side<Boolean> stop = Side.run(node::stop);
      house.probe.awaitEvent("PROBE drain never");

      assertThat(client.end()).isEqualTo("reset");

      long millis = (System.nanoTime() - begin) / 1_000_000;
      assertThat(millis).isGreaterThanOrEqualTo(400);
      assertThat(stop.result()).isTrue();
    }
    assertThat(house.probe.events()).endsWith("PROBE closed drain_deadline", "PROBE stop");
    assertThat(closes(node)).isEqualTo(Map.of("drain_deadline", 1L));
    assertThat(house.log()).last().asString().startsWith("INFO stopped; 1 connections aborted;");
  }

  @Test
  void aFinishedSessionDoesNotWaitForOneThatNeverFinishes() throws Exception {
    house.plugin("PROBE").serve("one", "PROBE").serve("two", "PROBE").set("drain_timeout: 1s");
    Node node = house.start();
    try (Client never = Client.plain(node.addresses().get("one"));
        Client atOnce = Client.plain(node.addresses().get("two"))) {
      assertThat(never.ask("drain never")).isEqualTo("drain never");
      assertThat(atOnce.ask("hello")).isEqualTo("hello");
      Side<Boolean> stop = Side.run(node::stop);

      assertThat(atOnce.end()).isEqualTo("end of stream");
      atOnce.hangUp();
      house.probe.awaitEvent("PROBE closed session_closed");
      assertThat(never.end()).isEqualTo("reset");
      assertThat(stop.result()).isTrue();
    }
    assertThat(house.probe.events())
        .containsSubsequence(
            "PROBE closed session_closed", "PROBE closed drain_deadline", "PROBE stop");
  }

  @Test
  void duringTheDelayItIsNotReadyAndStillAccepts() throws Exception {
    house.plugin("PROBE").serve("one", "PROBE").set("drain_delay: 3s\ndrain_timeout: 1h");
    Node node = house.start();
    InetSocketAddress address = node.addresses().get("one");
    try (Client before = Client.plain(address)) {
      assertThat(before.ask("hello")).isEqualTo("hello");
      long begin = System.nanoTime();
      Side<Boolean> stop = Side.run(node::stop);
      Waiting.until("not ready", () -> !node.ready());

      try (Client late = Client.plain(address)) {
        assertThat(late.ask("late")).isEqualTo("late");
        assertThat(before.ask("and early")).isEqualTo("and early");
        assertThat(house.probe.events()).doesNotContain("PROBE drain at once");
        assertThat(late.end()).isEqualTo("end of stream");
        assertThat((System.nanoTime() - begin) / 1_000_000).isGreaterThanOrEqualTo(3000);
      }
      assertThat(before.end()).isEqualTo("end of stream");
      before.hangUp();
      assertThat(stop.result()).isTrue();
    }
  }

  private static Map<String, Long> closes(Node node) {
    return node.metrics().get("one").snapshot().closes();
  }
}
