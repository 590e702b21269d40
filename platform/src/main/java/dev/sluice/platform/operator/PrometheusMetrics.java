// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.platform.certificate.CertificateStatus;
import dev.sluice.platform.operator.Figure.Table;
import dev.sluice.session.bridge.EndpointMetrics.Snapshot;
import dev.sluice.transport.epoll.loop.LoopFigures;
import dev.sluice.transport.epoll.outbound.OutboundConnections;
import dev.sluice.transport.epoll.outbound.TargetFigures;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.netty4.NettyAllocatorMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The node's {@link Figures} for Prometheus, and the process's. Nothing is recorded on the way of a
 * connection: a scrape reads what the node counts anyway, once, and all meters answer from that
 * reading. Costs nothing until the first scrape.
 */
final class PrometheusMetrics implements AutoCloseable {

  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";

  private final OperatedNode node;

  // All of them guarded by this.
  private @Nullable PrometheusMeterRegistry registry;
  private @Nullable JvmGcMetrics collections;
  private final Set<String> registered = new HashSet<>();
  private Map<String, Snapshot> interfaces = Map.of();
  private Map<String, CertificateStatus> certificates = Map.of();
  private List<LoopFigures> loops = List.of();
  private Map<String, TargetFigures> targets = Map.of();

  PrometheusMetrics(OperatedNode node) {
    this.node = node;
  }

  RpcResponse response(RpcContext request) {
    String accepted = String.join(",", request.headers().all("accept"));
    String type = accepted.contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
    return RpcResponse.of(200)
        .header("content-type", type)
        .header("cache-control", "no-store")
        .body(scrape(type));
  }

  synchronized String scrape(String type) {
    PrometheusMeterRegistry to = registry;
    if (to == null) {
      to = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
      registry = to;
      addProcess(to);
    }
    read();
    addWhatIsNew(to);
    return to.scrape(type);
  }

  private void read() {
    Map<String, Snapshot> snapshots = new NodeState(node).snapshots();
    // No interface is called so.
    snapshots.put(OutboundConnections.NAME, node.outboundMetrics().snapshot());
    interfaces = snapshots;
    Map<String, CertificateStatus> statuses = new HashMap<>();
    node.certificates().statuses().forEach(status -> statuses.put(status.name(), status));
    certificates = statuses;
    loops = node.transport().loops();
    Map<String, TargetFigures> byTarget = new HashMap<>();
    node.outboundTargets().forEach(target -> byTarget.put(target.name(), target));
    targets = byTarget;
  }

  private void addProcess(MeterRegistry to) {
    new ClassLoaderMetrics().bindTo(to);
    new JvmMemoryMetrics().bindTo(to);
    new JvmThreadMetrics().bindTo(to);
    new ProcessorMetrics().bindTo(to);
    new UptimeMetrics().bindTo(to);
    new FileDescriptorMetrics().bindTo(to);
    collections = new JvmGcMetrics();
    collections.bindTo(to);
    if (node.transport().options().allocator() instanceof ByteBufAllocatorMetricProvider counted) {
      new NettyAllocatorMetrics(counted).bindTo(to);
    }
  }

  /** What has a name of its own may come later than the first scrape. */
  private void addWhatIsNew(MeterRegistry to) {
    add(to, Figures.OF_THE_NODE, "node", Tags.empty(), all -> all.node);
    interfaces.forEach((name, snapshot) -> addInterface(to, name, snapshot));
    targets.values().forEach(target -> addTarget(to, target));
    for (String name : certificates.keySet()) {
      add(
          to,
          Figures.OF_A_CERTIFICATE,
          "certificate " + name,
          Tags.of("certificate", name),
          all -> all.certificates.get(name));
    }
    for (int i = 0; i < loops.size(); i++) {
      int index = i;
      add(
          to,
          Figures.OF_A_LOOP,
          "loop " + index,
          Tags.of(
              "loop",
              loops.get(i).name().startsWith("sluice-operator")
                  ? "operator"
                  : Integer.toString(index)),
          all -> index < all.loops.size() ? all.loops.get(index) : null);
    }
  }

  private void addInterface(MeterRegistry to, String name, Snapshot now) {
    Function<PrometheusMetrics, @Nullable Snapshot> source = all -> all.interfaces.get(name);
    Tags tags = Tags.of("interface", name);
    add(to, Figures.OF_AN_INTERFACE, "interface " + name, tags, source);
    for (Table<Snapshot> table : Figures.TABLES_OF_AN_INTERFACE) {
      for (String key : table.of().apply(now).keySet()) {
        add(
            to,
            List.of(table.row(key)),
            table.name() + ' ' + name + ' ' + key,
            tags.and(table.label(), key),
            source);
      }
    }
  }

  private void addTarget(MeterRegistry to, TargetFigures now) {
    String name = now.name();
    Function<PrometheusMetrics, @Nullable TargetFigures> source = all -> all.targets.get(name);
    Tags tags = Tags.of("target", name);
    add(to, Figures.OF_A_TARGET, "target " + name, tags, source);
    Table<TargetFigures> failures = Figures.FAILURES_OF_A_TARGET;
    for (String kind : now.failures().keySet()) {
      add(
          to,
          List.of(failures.row(kind)),
          failures.name() + ' ' + name + ' ' + kind,
          tags.and(failures.label(), kind),
          source);
    }
  }

  /** Once for each of what they are about. */
  private <S> void add(
      MeterRegistry to,
      List<Figure<S>> figures,
      String about,
      Tags tags,
      Function<PrometheusMetrics, @Nullable S> source) {
    if (registered.add(about)) {
      figures.forEach(figure -> figure.addTo(to, tags, this, source));
    }
  }

  @Override
  public synchronized void close() {
    JvmGcMetrics listening = collections;
    if (listening != null) {
      listening.close();
    }
    PrometheusMeterRegistry last = registry;
    if (last != null) {
      last.close();
    }
  }
}
