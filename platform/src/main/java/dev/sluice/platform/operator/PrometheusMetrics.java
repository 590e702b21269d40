// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.platform.certificate.CertificateStatus;
import dev.sluice.transport.epoll.EpollTransport;
import dev.sluice.transport.epoll.InterfaceMetrics.Snapshot;
import dev.sluice.transport.epoll.LoopFigures;
import dev.sluice.transport.epoll.OutboundConnections;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
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
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The node's figures for Prometheus. Nothing is recorded on the way of a connection: a scrape reads
 * what the node counts anyway, once, and all meters answer from that reading. Costs nothing until
 * the first scrape.
 */
final class PrometheusMetrics implements AutoCloseable {

  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";

  private static final double NANOS = 1e9;

  private final OperatedNode node;

  // All of them guarded by this.
  private @Nullable PrometheusMeterRegistry registry;
  private @Nullable JvmGcMetrics collections;
  private final Set<String> registered = new HashSet<>();
  private Map<String, Snapshot> interfaces = Map.of();
  private Map<String, CertificateStatus> certificates = Map.of();
  private List<LoopFigures> loops = List.of();

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

  private synchronized String scrape(String type) {
    PrometheusMeterRegistry to = registry;
    if (to == null) {
      to = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
      registry = to;
      addNode(to);
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
  }

  // ---- the process

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

  // ---- the node

  private void addNode(MeterRegistry to) {
    EpollTransport transport = node.transport();
    Gauge.builder("sluice.ready", node, seen -> seen.ready() ? 1 : 0)
        .description("1 while the node wants new connections")
        .register(to);
    Gauge.builder("sluice.inbound.queued", transport, EpollTransport::inboundQueued)
        .description("Input that waits for sessions")
        .baseUnit("bytes")
        .register(to);
    Gauge.builder("sluice.inbound.queue.limit", transport, t -> t.options().inboundQueueLimit())
        .description("inbound_queue_limit")
        .baseUnit("bytes")
        .register(to);
    Gauge.builder("sluice.outbound.queued", transport, EpollTransport::outboundQueued)
        .description("Output that waits for the kernel")
        .baseUnit("bytes")
        .register(to);
    Gauge.builder("sluice.outbound.queue.limit", transport, t -> t.options().outboundQueueLimit())
        .description("outbound_queue_limit")
        .baseUnit("bytes")
        .register(to);
  }

  // ---- what has a name of its own, which may come later

  private void addWhatIsNew(MeterRegistry to) {
    interfaces.forEach((name, snapshot) -> addInterface(to, name, snapshot));
    certificates.keySet().forEach(name -> addCertificate(to, name));
    for (int i = 0; i < loops.size(); i++) {
      addLoop(to, i);
    }
  }

  private void addInterface(MeterRegistry to, String name, Snapshot snapshot) {
    if (registered.add("interface " + name)) {
      Tags tags = Tags.of("interface", name);
      gauge(
          to,
          "sluice.connections.open",
          "Connections from accept to the end of the socket",
          tags,
          name,
          Snapshot::open);
      gauge(
          to,
          "sluice.connections.peak",
          "The most that were open at once",
          tags,
          name,
          Snapshot::peak);
      gauge(
          to,
          "sluice.connections.cap.soft",
          "max_open_sessions_soft",
          tags,
          name,
          Snapshot::softCap);
      gauge(
          to,
          "sluice.connections.cap.hard",
          "max_open_sessions_hard",
          tags,
          name,
          Snapshot::hardCap);
      counter(
          to,
          "sluice.connections.accepted",
          "Admitted, the capped ones too",
          "",
          tags,
          name,
          Snapshot::accepted);
      counter(
          to,
          "sluice.connections.capped",
          "Admitted over the soft cap",
          "",
          tags,
          name,
          Snapshot::capped);
      counter(
          to,
          "sluice.connections.refused",
          "Closed at accept over the hard cap",
          "",
          tags,
          name,
          Snapshot::refused);
      counter(
          to, "sluice.received", "Plaintext from peers", "bytes", tags, name, Snapshot::bytesIn);
      counter(
          to,
          "sluice.sent",
          "Plaintext that the kernel took",
          "bytes",
          tags,
          name,
          Snapshot::bytesOut);
      counter(
          to,
          "sluice.datagrams.received",
          "Datagrams from peers",
          "",
          tags,
          name,
          Snapshot::datagramsIn);
      counter(
          to,
          "sluice.datagrams.sent",
          "Datagrams that the kernel took",
          "",
          tags,
          name,
          Snapshot::datagramsOut);
    }
    table(
        to,
        name,
        "sluice.connections.closed",
        "Ended, by reason",
        "reason",
        snapshot.closes(),
        Snapshot::closes);
    table(
        to, name, "sluice.errors", "Errors, by kind", "kind", snapshot.errors(), Snapshot::errors);
    table(
        to,
        name,
        "sluice.protocol.events",
        "What protocols and applications count",
        "name",
        snapshot.counters(),
        Snapshot::counters);
    table(
        to,
        name,
        "sluice.connections.chosen",
        "Where several protocols share a port, by the protocol that was chosen",
        "protocol",
        snapshot.protocols(),
        Snapshot::protocols);
    table(
        to,
        name,
        "sluice.tls.handshakes",
        "Completed, by version, cipher and group",
        "negotiated",
        snapshot.handshakes(),
        Snapshot::handshakes);
  }

  /** One counter for each key; the tables are bounded, and so are these. */
  private void table(
      MeterRegistry to,
      String name,
      String meter,
      String description,
      String tag,
      Map<String, Long> now,
      java.util.function.Function<Snapshot, Map<String, Long>> table) {
    for (String key : now.keySet()) {
      if (registered.add(meter + ' ' + name + ' ' + key)) {
        counter(
            to,
            meter,
            description,
            "",
            Tags.of("interface", name, tag, key),
            name,
            snapshot -> table.apply(snapshot).getOrDefault(key, 0L));
      }
    }
  }

  private void addCertificate(MeterRegistry to, String name) {
    if (!registered.add("certificate " + name)) {
      return;
    }
    Tags tags = Tags.of("certificate", name);
    certificate(
        to,
        "sluice.certificate.available",
        "1 where there is one to serve",
        tags,
        name,
        c -> c.available() ? 1 : 0);
    certificate(
        to,
        "sluice.certificate.expiry.days",
        "Days until it expires",
        tags,
        name,
        NodeState::daysLeft);
    certificate(
        to,
        "sluice.certificate.generation",
        "How many were served under the name",
        tags,
        name,
        CertificateStatus::generation);
    FunctionCounter.builder(
            "sluice.certificate.failures", this, all -> all.certificateFailures(name))
        .description("Replacements that were refused")
        .tags(tags)
        .register(to);
  }

  private double certificateFailures(String name) {
    CertificateStatus status = certificates.get(name);
    return status == null ? 0 : status.failures();
  }

  private void certificate(
      MeterRegistry to,
      String meter,
      String description,
      Tags tags,
      String name,
      ToDoubleFunction<CertificateStatus> figure) {
    Gauge.builder(
            meter,
            this,
            all -> {
              CertificateStatus status = all.certificates.get(name);
              return status == null ? Double.NaN : figure.applyAsDouble(status);
            })
        .description(description)
        .tags(tags)
        .register(to);
  }

  private void addLoop(MeterRegistry to, int index) {
    if (!registered.add("loop " + index)) {
      return;
    }
    Tags tags = Tags.of("loop", Integer.toString(index));
    loop(
        to,
        "sluice.loop.connections",
        "Connections of the event loop",
        tags,
        index,
        LoopFigures::connections);
    loop(
        to, "sluice.loop.pending.tasks", "Tasks that wait", tags, index, LoopFigures::pendingTasks);
    loop(
        to,
        "sluice.loop.late.seconds",
        "How long its regular sweep is overdue: a session keeps the loop",
        tags,
        index,
        loop -> loop.late().toNanos() / NANOS);
    FunctionCounter.builder(
            "sluice.loop.cpu",
            this,
            all -> index < all.loops.size() ? all.loops.get(index).cpuTime().toNanos() / NANOS : 0)
        .description("Processor time of the loop's thread")
        .baseUnit("seconds")
        .tags(tags)
        .register(to);
  }

  private void loop(
      MeterRegistry to,
      String meter,
      String description,
      Tags tags,
      int index,
      ToDoubleFunction<LoopFigures> figure) {
    Gauge.builder(
            meter,
            this,
            all ->
                index < all.loops.size() ? figure.applyAsDouble(all.loops.get(index)) : Double.NaN)
        .description(description)
        .tags(tags)
        .register(to);
  }

  private void gauge(
      MeterRegistry to,
      String meter,
      String description,
      Tags tags,
      String name,
      ToLongFunction<Snapshot> figure) {
    Gauge.builder(meter, this, all -> all.figure(name, figure))
        .description(description)
        .tags(tags)
        .register(to);
  }

  private void counter(
      MeterRegistry to,
      String meter,
      String description,
      String unit,
      Tags tags,
      String name,
      ToLongFunction<Snapshot> figure) {
    FunctionCounter.builder(meter, this, all -> all.figure(name, figure))
        .description(description)
        .baseUnit(unit.isEmpty() ? null : unit)
        .tags(tags)
        .register(to);
  }

  private double figure(String name, ToLongFunction<Snapshot> figure) {
    Snapshot snapshot = interfaces.get(name);
    return snapshot == null ? Double.NaN : figure.applyAsLong(snapshot);
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
