// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ConnId;
import dev.sluice.session.bridge.EndpointMetrics;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stays of a node that has ended, and what does not. */
class NodeRemainsTest {

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
  void figuresCanBeReadAndTheManagerAsked() throws Exception {
    Node node = house.plugin("PROBE").serve("one", "PROBE", "linger_timeout: 100ms").start();
    try (Client client = Client.plain(node.addresses().get("one"))) {
      assertThat(client.ask("hello")).isEqualTo("hello");
      node.stop();
    }

    assertThat(node.metrics()).containsOnlyKeys("one");
    EndpointMetrics.Snapshot figures = node.metrics().get("one").snapshot();
    assertThat(figures.accepted()).isEqualTo(1);
    assertThat(figures.open()).isZero();
    assertThat(figures.peak()).isEqualTo(1);
    assertThat(figures.bytesIn()).isEqualTo(6);
    assertThat(figures.bytesOut()).isEqualTo(6);
    assertThat(figures.closes()).containsEntry("session_closed", 1L);
    assertThat(node.addresses()).containsOnlyKeys("one");
    assertThat(node.ready()).isFalse();
    ByteBuf late = Unpooled.copiedBuffer(new byte[] {1});
    assertThat(node.manager().replyAsync(ConnId.of(1), false, late)).isFalse();
    assertThat(late.refCnt()).isZero();
  }

  @Test
  void theClassesOfItsPluginsCanBeCollectedWhileItsFiguresAreKept() throws Exception {
    DevelopmentCertificate certificate = house.certificate();
    house
        .plugin("LOOP", "execution=EVENT_LOOP")
        .plugin("POOL")
        .serve("one", "LOOP", "protocol_config: { mark: x }")
        .serve("two", "POOL", "endorsement: { authority: service }");

    Remains remains = liveAndDie(certificate, "hello");

    for (WeakReference<ClassLoader> loader : remains.loaders) {
      awaitCollected("a plug-in's class loader", loader);
    }
    awaitCollected("the manager", remains.manager);
    assertThat(remains.metrics.get("one").snapshot().accepted()).isEqualTo(1);
    assertThat(remains.metrics.get("two").snapshot().accepted()).isEqualTo(1);
  }

  @Test
  void theManagerCanBeCollectedThoughASessionIsKept() throws Exception {
    DevelopmentCertificate certificate = house.certificate();
    house
        .plugin("LOOP", "execution=EVENT_LOOP")
        .plugin("POOL")
        .serve("one", "LOOP")
        .serve("two", "POOL", "endorsement: { authority: service }");

    Remains remains = liveAndDie(certificate, "keep");

    assertThat(house.probe.kept()).hasSize(2);
    awaitCollected("the manager", remains.manager);
    awaitCollected("the node", remains.node);
    assertThat(house.probe.kept()).hasSize(2);
  }

  @Test
  void aPlanThatWasNeverStartedLetsGoToo() throws Exception {
    house.certificate();
    house.plugin("PROBE").serve("one", "PROBE", "endorsement: { authority: service }");

    WeakReference<ClassLoader> loader = planAndClose();

    awaitCollected("the plug-in's class loader", loader);
  }

  @Test
  void theJarMayBeReplacedWhileTheNodeRuns() throws Exception {
    Node node = house.plugin("PROBE").serve("one", "PROBE").start();
    Files.writeString(house.plugins().resolve("probe.jar"), "something else");
    try (Client client = Client.plain(node.addresses().get("one"))) {
      assertThat(client.ask("hello")).isEqualTo("hello");
    }
    Files.delete(house.plugins().resolve("probe.jar"));
    node.stop();
    assertThat(house.probe.events()).endsWith("PROBE stop");
  }

  private WeakReference<ClassLoader> planAndClose() {
    try (NodePlan plan = house.plan()) {
      return new WeakReference<>(plan.interfaces().get(0).protocols().get(0).classLoader());
    }
  }

  /** In a method of its own, so that no local variable keeps what it made. */
  private Remains liveAndDie(DevelopmentCertificate certificate, String said) throws Exception {
    NodePlan plan = house.plan();
    Remains remains = new Remains(plan);
    Node node = house.start(plan);
    remains.node = new WeakReference<>(node);
    remains.manager = new WeakReference<>(node.manager());
    remains.metrics = node.metrics();
    try (Client one = Client.plain(node.addresses().get("one"));
        Client two =
            Client.tls(node.addresses().get("two"), Client.trusting(certificate.certificate()))) {
      assertThat(one.ask(said)).isNotEmpty();
      assertThat(two.ask(said)).isNotEmpty();
    }
    house.end(node);
    house.awaitNoThread();
    return remains;
  }

  static void awaitCollected(String what, WeakReference<?> reference) {
    Waiting.until(
        what + " is collected",
        () -> {
          System.gc();
          return reference.refersTo(null);
        });
  }

  private static final class Remains {

    final List<WeakReference<ClassLoader>> loaders;
    WeakReference<Node> node;
    WeakReference<RpcConnectionManager> manager;
    Map<String, EndpointMetrics> metrics;

    Remains(NodePlan plan) {
      loaders =
          plan.interfaces().stream()
              .map(planned -> new WeakReference<>(planned.protocols().get(0).classLoader()))
              .toList();
    }
  }
}
