// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.platform.Node;
import dev.sluice.platform.Sluice;
import dev.sluice.protocol.http1.Http1Protocol;
import dev.sluice.protocol.http2.Http2Protocol;
import dev.sluice.session.bridge.Connections.Remains;
import dev.sluice.session.bridge.strict.ContractRule;
import dev.sluice.testkit.TrackingAllocator;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** A node that runs, its files, and what must be gone after its end. */
final class RunningNode {

  static final Duration PATIENCE = Duration.ofSeconds(10);

  /**
   * All but two: a busy machine alone may bring the one about, a peer that says more than it should
   * the other.
   */
  private static final Set<ContractRule> FAILS =
      EnumSet.complementOf(EnumSet.of(ContractRule.EVENT_LOOP_BLOCKED, ContractRule.HELD_AT_END));

  private final Path folder;
  private final TestCertificates certificates;
  private final TrackingAllocator allocator;
  private final Node node;

  private RunningNode(
      Path folder, TestCertificates certificates, TrackingAllocator allocator, Node node) {
    this.folder = folder;
    this.certificates = certificates;
    this.allocator = allocator;
    this.node = node;
  }

  static RunningNode start(Subject subject, NodeText text) {
    boolean complete = false;
    Path folder = null;
    try {
      folder = Files.createTempDirectory("sluice-node");
      TestCertificates certificates = TestCertificates.make(folder);
      TrackingAllocator allocator = new TrackingAllocator();
      Sluice.Builder builder =
          Sluice.builder()
              .override(binder -> binder.bind(ByteBufAllocator.class).toInstance(allocator));
      Subject.Served served = subject.addTo(builder, folder);
      for (CustomProtocolSubsystem http : List.of(new Http1Protocol(), new Http2Protocol())) {
        if (!served.protocols().contains(http.name())) {
          builder.protocol(http);
        }
      }
      Node node = builder.configuration(served.configuration(text), folder).start();
      complete = true;
      return new RunningNode(folder, certificates, allocator, node);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (!complete && folder != null) {
        delete(folder);
      }
    }
  }

  Node node() {
    return node;
  }

  TestCertificates certificates() {
    return certificates;
  }

  /** Ends the node and looks whether anything stays. */
  void close() {
    try {
      node.stop();
      await(() -> left().isEmpty());
      List<String> left = left();
      if (!left.isEmpty()) {
        throw new AssertionError("behind the node's end there is left: " + String.join("; ", left));
      }
      List<String> broken = broken();
      if (!broken.isEmpty()) {
        throw new AssertionError(
            "sessions broke their contract, see the log: " + String.join(", ", broken));
      }
    } finally {
      delete(folder);
    }
  }

  private List<String> broken() {
    List<String> broken = new ArrayList<>();
    node.metrics()
        .forEach(
            (name, metrics) -> {
              Map<String, Long> counters = metrics.snapshot().counters();
              for (ContractRule rule : FAILS) {
                if (counters.containsKey(rule.counter())) {
                  broken.add(rule.counter() + " on " + name);
                }
              }
            });
    return broken;
  }

  private List<String> left() {
    List<String> left = new ArrayList<>();
    Remains remains = node.connections().remains();
    if (!remains.equals(Remains.NOTHING)) {
      left.add(remains.toString());
    }
    left.addAll(allocator.unreleased());
    return left;
  }

  static boolean await(BooleanSupplier condition) {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - until > 0) {
        return false;
      }
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
    return true;
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
