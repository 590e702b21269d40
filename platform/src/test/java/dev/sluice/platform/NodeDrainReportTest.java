// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.platform.DrainReport.Phase;
import dev.sluice.platform.Waiting.Side;
import dev.sluice.platform.plugin.PluginJars;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator can see of a stop, and bring about without a signal. */
class NodeDrainReportTest {

  @TempDir Path folder;
  private NodeHouse house;

  @BeforeEach
  void build() {
    house = new NodeHouse(folder);
    house.plugin("PROBE");
  }

  @AfterEach
  void close() {
    house.close();
  }

  /** An interface that the operator's application answers on, here by the probe's protocol. */
  private NodeHouse operator(String... more) {
    String[] lines = new String[more.length + 1];
    lines[0] = "handlers: [node]";
    System.arraycopy(more, 0, lines, 1, more.length);
    return house.serve("operator", "PROBE", lines);
  }

  @Test
  void aNodeThatRunsHasAReportToo() throws Exception {
    Node node = house.serve("one", "PROBE").start();
    try (Client client = Client.plain(node.addresses().get("one"))) {
      assertThat(client.ask("hello")).isEqualTo("hello");

      DrainReport report = node.drainReport();

      assertThat(report.phase()).isEqualTo(Phase.RUNNING);
      assertThat(report.startedAt()).isEmpty();
      assertThat(report.took()).isZero();
      assertThat(report.interfaces())
          .containsOnlyKeys("one")
          .containsEntry("one", new DrainReport.Interface(1, 0, 0, 0, 0, 1, Optional.empty()));
      client.hangUp();
    }
  }

  @Test
  void theReportFollowsEveryConnectionThroughEveryPhase() throws Exception {
    house
        .serve("one", "PROBE", "max_open_sessions_soft: 3", "max_open_sessions_hard: 3")
        .serve("two", "PROBE")
        .set("drain_delay: 2s\ndrain_timeout: 2s");
    Node node = house.start();
    InetSocketAddress address = node.addresses().get("one");
    Instant begin = Instant.now();
    try (Client later = Client.plain(address);
        Client never = Client.plain(address)) {
      assertThat(later.ask("drain later")).isEqualTo("drain later");
      assertThat(never.ask("drain never")).isEqualTo("drain never");
      Side<Boolean> stop = Side.run(node::stop);
      await(node, Phase.NOT_READY);
      try (Client arrived = Client.plain(address);
          Client refused = Client.plain(address)) {
        assertThat(arrived.ask("hello")).isEqualTo("hello");
        assertThat(refused.end()).isIn("end of stream", "reset");
        assertThat(node.drainReport().interfaces().get("one"))
            .isEqualTo(new DrainReport.Interface(2, 1, 1, 0, 0, 3, Optional.empty()));

        await(node, Phase.DRAINING);
        assertThat(arrived.end()).isEqualTo("end of stream");
      }
      Waiting.until(
          "it is counted", () -> node.drainReport().interfaces().get("one").finished() == 1);
      assertThat(node.drainReport().interfaces().get("one").open()).isEqualTo(2);
      house.probe.release("drain");
      assertThat(later.hearAll()).isEqualTo("done\n");
      later.hangUp();
      assertThat(never.end()).isEqualTo("reset");
      assertThat(stop.result()).isTrue();
    }
    DrainReport end = node.drainReport();
    assertThat(end.phase()).isEqualTo(Phase.STOPPED);
    assertThat(end.startedAt().orElseThrow()).isBetween(begin, Instant.now());
    assertThat(end.took()).isBetween(Duration.ofSeconds(4), Duration.ofSeconds(20));
    assertThat(end.workersLeft()).isEmpty();
    assertThat(end.aborted()).isEqualTo(1);
    DrainReport.Interface one = end.interfaces().get("one");
    assertThat(one)
        .isEqualTo(new DrainReport.Interface(2, 1, 1, 2, 1, 0, one.endedAfter()))
        .extracting(figures -> figures.endedAfter().orElseThrow())
        .satisfies(after -> assertThat(after).isBetween(Duration.ofSeconds(4), end.took()));
    assertThat(end.interfaces().get("two"))
        .isEqualTo(new DrainReport.Interface(0, 0, 0, 0, 0, 0, Optional.of(Duration.ZERO)));
    assertThat(house.log()).last().isEqualTo("INFO " + end.text());
    assertThat(end.text())
        .startsWith("stopped; 1 connections aborted; took ")
        .contains("; one: 2 at start, 1 arrived, 1 refused, 2 finished, 1 aborted, 0 open, ended ")
        .contains("; two: 0 at start, ")
        .doesNotContain("\n");
    assertThat(node.drainReport()).as("it stays").isEqualTo(end);
  }

  @Test
  void theOperatorIsServedUntilTheOthersHaveEnded() throws Exception {
    operator().serve("one", "PROBE").set("drain_timeout: 1h");
    Node node = house.start();
    InetSocketAddress one = node.addresses().get("one");
    InetSocketAddress operator = node.addresses().get("operator");
    try (Client client = Client.plain(one);
        Client looking = Client.plain(operator)) {
      assertThat(client.ask("drain later")).isEqualTo("drain later");
      assertThat(looking.ask("hello")).isEqualTo("hello");
      Side<Boolean> stop = Side.run(node::stop);
      house.probe.awaitEvent("PROBE drain later");

      assertThatThrownBy(() -> Client.plain(one)).isInstanceOf(ConnectException.class);
      assertThat(looking.ask("still here?")).isEqualTo("still here?");
      try (Client fresh = Client.plain(operator)) {
        assertThat(fresh.ask("and for new ones?")).isEqualTo("and for new ones?");
      }
      assertThat(house.probe.events()).doesNotContain("PROBE drain at once");

      house.probe.release("drain");
      assertThat(client.hearAll()).isEqualTo("done\n");
      client.hangUp();
      assertThat(looking.end()).isEqualTo("end of stream");
      looking.hangUp();
      assertThat(stop.result()).isTrue();
    }
    NodeHouse.assertFree(operator);
    assertThat(node.drainReport().interfaces().get("operator").finished()).isEqualTo(2);
  }

  @Test
  void theOperatorsConnectionsDoNotHoldTheStopUp() throws Exception {
    operator("linger_timeout: 1h").serve("one", "PROBE").set("drain_timeout: 1h");
    Node node = house.start();
    try (Client never = Client.plain(node.addresses().get("operator"));
        Client lingering = Client.plain(node.addresses().get("operator"))) {
      assertThat(never.ask("drain never")).isEqualTo("drain never");
      assertThat(lingering.ask("hello")).isEqualTo("hello");

      Side<Boolean> stop = Side.run(node::stop);

      assertThat(stop.result()).isTrue();
      assertThat(never.end()).isEqualTo("reset");
    }
    assertThat(node.drainReport().took()).isLessThan(Duration.ofSeconds(25));
    assertThat(node.drainReport().interfaces().get("operator").aborted()).isEqualTo(2);
  }

  @Test
  void anInterfaceThatServesApplicationsTooHasTheirTime() throws Exception {
    PluginJars.jar("app.jar").handler("p.App", "app", "/app").writeTo(house.plugins());
    house.serve("both", "PROBE", "handlers: [app, node]").set("drain_timeout: 4s");
    Node node = house.start();
    try (Client client = Client.plain(node.addresses().get("both"))) {
      assertThat(client.ask("drain never")).isEqualTo("drain never");
      node.stop();
      assertThat(client.end()).isEqualTo("reset");
    }
    assertThat(node.drainReport().took()).isGreaterThan(Duration.ofSeconds(4));
  }

  @Test
  void aStopByCallReturnsAtOnceAndIsTheSameStop() throws Exception {
    house.serve("one", "PROBE").set("drain_timeout: 1h");
    Node node = house.start();
    try (Client client = Client.plain(node.addresses().get("one"))) {
      assertThat(client.ask("drain later")).isEqualTo("drain later");

      node.requestStop();
      node.requestStop();

      house.probe.awaitEvent("PROBE drain later");
      assertThat(node.ready()).isFalse();
      Side<Boolean> bySignal = Side.run(node::stop);
      Side<Boolean> main = Side.run(node::awaitStopped);
      Waiting.until("both wait", () -> bySignal.waits() && main.waits());
      assertThat(node.drainReport().phase()).isEqualTo(Phase.DRAINING);
      house.probe.release("drain");
      assertThat(client.hearAll()).isEqualTo("done\n");
      client.hangUp();
      assertThat(bySignal.result() && main.result()).isTrue();
    }
    assertThat(node.drainReport().phase()).isEqualTo(Phase.STOPPED);
    assertThat(house.probe.events())
        .containsExactly(
            "PROBE start",
            "PROBE create",
            "PROBE drain later",
            "PROBE closed session_closed",
            "PROBE stop");
    assertThat(house.log()).filteredOn(event -> event.startsWith("INFO stopped")).hasSize(1);
    node.requestStop();
    house.awaitNoThread();
  }

  @Test
  void aSessionThatBlocksItsWorkerIsStillOpenInTheReport() throws Exception {
    house.serve("one", "PROBE").set("drain_timeout: 100ms");
    Node node = house.start();
    try (Client client = Client.plain(node.addresses().get("one"))) {
      client.say("hang");
      house.probe.awaitEvent("PROBE hangs");

      node.stop();

      DrainReport.Interface figures = node.drainReport().interfaces().get("one");
      assertThat(List.of(figures.finished(), figures.aborted(), figures.open()))
          .containsExactly(0L, 1L, 1L);
      assertThat(node.drainReport().workersLeft()).hasSize(1);
      assertThat(node.drainReport().text()).endsWith("; 1 threads left");
    }
    house.probe.release("hang");
    house.awaitNoThread();
  }

  private static void await(Node node, Phase phase) {
    Waiting.until(phase.toString(), () -> node.drainReport().phase() == phase);
  }
}
