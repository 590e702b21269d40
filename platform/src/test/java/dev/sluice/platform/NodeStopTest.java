// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.platform.Waiting.Side;
import dev.sluice.session.bridge.EndpointMetrics.Snapshot;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stop ends the node whatever its peers and its sessions do. */
class NodeStopTest {

  /** For any machine; what would be waited for otherwise takes longer by default. */
  private static final Duration SOON = Duration.ofSeconds(25);

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
  void beforeAnythingConnectedItIsQuick() throws Exception {
    Node node = house.plugin("PROBE").serve("one", "PROBE").set("drain_timeout: 1h").start();

    assertThat(timeOf(node::stop)).isLessThan(SOON);

    assertEnded(node);
    assertThat(house.log())
        .hasSize(2)
        .last()
        .asString()
        .startsWith("INFO stopped; 0 connections aborted; took ");
    node.stop();
    node.awaitStopped();
    assertThat(house.log()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"EVENT_LOOP", "WORKERS"})
  void underLoadNothingIsLeft(String execution) throws Exception {
    DevelopmentCertificate certificate = house.certificate();
    house
        .plugin("PROBE", "execution=" + execution)
        .serve("plain", "PROBE")
        .serve("secured", "PROBE", "endorsement: { authority: service }")
        .set("drain_timeout: 20s");
    Node node = house.start();
    AtomicInteger answers = new AtomicInteger();
    List<Side<Boolean>> clients = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      clients.add(
          Side.call(() -> chat(answers, () -> Client.plain(node.addresses().get("plain")))));
      clients.add(
          Side.call(
              () ->
                  chat(
                      answers,
                      () ->
                          Client.tls(
                              node.addresses().get("secured"),
                              Client.trusting(certificate.certificate())))));
    }
    Waiting.until("the load is on", () -> answers.get() > 500);

    node.stop();

    for (Side<Boolean> client : clients) {
      assertThat(client.result()).isTrue();
    }
    assertEnded(node);
    for (String name : List.of("plain", "secured")) {
      Snapshot end = node.metrics().get(name).snapshot();
      assertThat(end.closes().values().stream().mapToLong(Long::longValue).sum())
          .isEqualTo(end.accepted());
      assertThat(end.errors()).doesNotContainKeys("session", "session_create");
    }
    assertThat(house.log()).last().asString().startsWith("INFO stopped; 0 connections aborted;");
  }

  /** Connects and talks until the node wants no more of it. */
  private static boolean chat(AtomicInteger answers, Connect connect) throws Exception {
    while (true) {
      try (Client client = connect.connect()) {
        for (int i = 0; i < 50; i++) {
          String answer = client.ask("line " + i);
          if (answer.isEmpty()) {
            break;
          }
          // Whole, or a beginning of it where the connection ended.
          assertThat("line " + i).startsWith(answer);
          answers.incrementAndGet();
        }
      } catch (IOException refusedOrReset) {
        return answers.get() > 0;
      }
    }
  }

  private interface Connect {
    Client connect() throws Exception;
  }

  @Test
  void aPeerThatDoesNotReadIsNotWaitedForBeyondTheDrain() throws Exception {
    house.plugin("PROBE").serve("one", "PROBE").set("drain_timeout: 500ms");
    Node node = house.start();
    InetSocketAddress address = node.addresses().get("one");
    try (Client deaf = Client.withSmallWindow(address)) {
      deaf.say("flood 12000000");
      Waiting.until(
          "the flood has begun", () -> node.metrics().get("one").snapshot().bytesOut() > 0);

      assertThat(timeOf(node::stop)).isLessThan(SOON);

      assertEnded(node);
      assertThat(deaf.end()).isEqualTo("reset");
    }
    assertThat(node.metrics().get("one").snapshot().closes()).containsOnlyKeys("session_closed");
    assertThat(house.log())
        .contains("INFO one listens on " + AddressText.of(address))
        .last()
        .asString()
        .startsWith("INFO stopped; 1 connections aborted;");
  }

  @Test
  void aPeerThatDoesNotCloseItsSideIsNotWaitedForBeyondTheLinger() throws Exception {
    house.plugin("PROBE").serve("one", "PROBE", "linger_timeout: 200ms").set("drain_timeout: 1h");
    Node node = house.start();
    try (Client client = Client.plain(node.addresses().get("one"))) {
      assertThat(client.ask("hello")).isEqualTo("hello");

      assertThat(timeOf(node::stop)).isLessThan(SOON);

      assertThat(client.end()).isEqualTo("end of stream");
    }
    assertEnded(node);
  }

  @Test
  void aClientThatNeverSaidAnythingIsSentAwayAsDrained() throws Exception {
    DevelopmentCertificate certificate = house.certificate();
    house
        .plugin("PROBE")
        .serve("plain", "PROBE", "linger_timeout: 200ms")
        .serve("secured", "PROBE", "endorsement: { authority: service }", "linger_timeout: 200ms")
        .set("drain_timeout: 1h");
    Node node = house.start();
    try (Client plain = Client.plain(node.addresses().get("plain"));
        Client handshaken =
            Client.tls(
                node.addresses().get("secured"), Client.trusting(certificate.certificate()));
        Client silent = Client.plain(node.addresses().get("secured"))) {
      Waiting.until(
          "all are in",
          () ->
              node.metrics().get("plain").snapshot().open() == 1
                  && node.metrics().get("secured").snapshot().open() == 2);

      assertThat(timeOf(node::stop)).isLessThan(SOON);

      assertThat(plain.end()).isEqualTo("end of stream");
      assertThat(handshaken.end()).isEqualTo("end of stream");
      assertThat(silent.end()).isEqualTo("end of stream");
    }
    assertEnded(node);
    assertThat(node.metrics().get("plain").snapshot().closes()).containsOnlyKeys("drained");
    assertThat(node.metrics().get("secured").snapshot().closes()).containsOnlyKeys("drained");
    assertThat(house.probe.events()).containsExactly("PROBE start", "PROBE stop");
  }

  @Test
  void aWorkerThatDoesNotEndIsNamedWithItsStack() throws Exception {
    house.plugin("PROBE").serve("one", "PROBE").set("drain_timeout: 100ms");
    Node node = house.start();
    try (Client client = Client.plain(node.addresses().get("one"))) {
      client.say("hang");
      house.probe.awaitEvent("PROBE hangs");

      assertThat(timeOf(node::stop)).isLessThan(SOON);

      assertThat(client.end()).isEqualTo("reset");
    }
    NodeHouse.assertFree(node.addresses().get("one"));
    List<String> warnings = house.log().stream().filter(event -> event.startsWith("WARN")).toList();
    assertThat(warnings)
        .singleElement()
        .asString()
        .startsWith("WARN a thread does not end: sluice-worker-")
        .contains("at probe.jar//probe.ProbeSession.handleIncomingData");
    assertThat(house.log()).last().asString().startsWith("INFO stopped; 1 connections aborted;");
    // What an interrupt can end is ended.
    house.probe.awaitEvent("PROBE interrupted");
    house.probe.release("hang");
    house.awaitNoThread();
  }

  @Test
  void anEventLoopThatDoesNotEndIsNotWaitedForWithoutEnd() throws Exception {
    house.plugin("PROBE", "execution=EVENT_LOOP").serve("one", "PROBE").set("drain_timeout: 100ms");
    Node node = house.start();
    try (Client client = Client.plain(node.addresses().get("one"))) {
      client.say("hang");
      house.probe.awaitEvent("PROBE hangs");

      assertThat(timeOf(node::stop)).isLessThan(SOON);
    }
    node.awaitStopped();
    assertThat(node.ready()).isFalse();
    assertThat(node.drainReport().phase()).isEqualTo(DrainReport.Phase.STOPPED);
    assertThat(house.log()).last().asString().startsWith("INFO stopped; ");
    house.probe.release("hang");
    house.awaitNoThread();
  }

  @Test
  void twoStopsAreOneAndBothReturnAtItsEnd() throws Exception {
    house.plugin("PROBE").serve("one", "PROBE");
    house.probe.hold("stop");
    Node node = house.start();
    Side<Boolean> first = Side.run(node::stop);
    house.probe.awaitEvent("PROBE stop");
    Side<Boolean> second = Side.run(node::stop);
    Side<Boolean> waiting = Side.run(node::awaitStopped);
    Waiting.until("the others wait", () -> second.waits() && waiting.waits());
    assertThat(first.done() || second.done() || waiting.done()).isFalse();

    house.probe.release("stop");

    assertThat(first.result() && second.result() && waiting.result()).isTrue();
    assertEnded(node);
    assertThat(house.probe.events()).containsExactly("PROBE start", "PROBE stop");
    assertThat(house.log()).filteredOn(event -> event.startsWith("INFO stopped")).hasSize(1);
  }

  @Test
  void manyStopsAtOnceUnderLoadReturnAtTheEnd() throws Exception {
    house.plugin("PROBE").serve("one", "PROBE");
    Node node = house.start();
    AtomicInteger answers = new AtomicInteger();
    Side<Boolean> load =
        Side.call(() -> chat(answers, () -> Client.plain(node.addresses().get("one"))));
    Waiting.until("the load is on", () -> answers.get() > 50);
    List<Side<Boolean>> stops = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      stops.add(
          Side.call(
              () -> {
                node.stop();
                synchronized (node) {
                  NodeHouse.assertFree(node.addresses().get("one"));
                }
                return node.metrics().get("one").snapshot().open() == 0;
              }));
    }
    for (Side<Boolean> stop : stops) {
      assertThat(stop.result()).isTrue();
    }
    assertThat(load.result()).isTrue();
    assertEnded(node);
  }

  @Test
  void anInterruptShortensTheWaitingAndNotTheEnding() throws Exception {
    house.plugin("PROBE").serve("one", "PROBE").set("drain_delay: 1h\ndrain_timeout: 1h");
    Node node = house.start();
    try (Client client = Client.plain(node.addresses().get("one"))) {
      assertThat(client.ask("drain never")).isEqualTo("drain never");
      Side<Boolean> stop =
          Side.call(
              () -> {
                node.stop();
                return Thread.currentThread().isInterrupted();
              });
      Waiting.until("the stop has begun", () -> !node.ready());
      stop.interrupt();

      assertThat(stop.result()).as("the interrupt is handed on").isTrue();

      assertThat(client.end()).isEqualTo("reset");
    }
    assertEnded(node);
    assertThat(house.log())
        .noneMatch(event -> event.startsWith("WARN"))
        .last()
        .asString()
        .startsWith("INFO stopped; 1 connections aborted;");
  }

  private void assertEnded(Node node) throws IOException {
    assertThat(node.ready()).isFalse();
    house.awaitNoThread();
    for (InetSocketAddress address : node.addresses().values()) {
      NodeHouse.assertFree(address);
    }
    node.metrics().values().forEach(m -> assertThat(m.snapshot().open()).isZero());
    node.awaitStopped();
  }

  private static Duration timeOf(Runnable work) {
    long begin = System.nanoTime();
    work.run();
    return Duration.ofNanos(System.nanoTime() - begin);
  }
}
