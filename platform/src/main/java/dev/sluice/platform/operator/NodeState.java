// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import dev.sluice.platform.Version;
import dev.sluice.platform.certificate.CertificateStatus;
import dev.sluice.session.bridge.CloseRecords;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.transport.epoll.EpollTransport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads a node's figures, lists and records as {@link Views}. Any thread. */
final class NodeState {

  /** Of each list on the page. */
  private static final int ON_THE_PAGE = 25;

  private static final double SECONDS_A_DAY = 86_400;

  private final OperatedNode node;

  NodeState(OperatedNode node) {
    this.node = node;
  }

  /** Everything on the page, at about one moment. */
  record Now(
      String at,
      Views.NodeFigures node,
      Map<String, EndpointMetrics.Snapshot> metrics,
      EndpointMetrics.Snapshot outbound,
      List<Views.OutboundTarget> targets,
      List<Views.Interface> interfaces,
      List<Views.Connection> connections,
      Views.Closes closes,
      List<Views.Certificate> certificates,
      List<Views.Jar> protocols,
      String phase) {}

  Now now() {
    Map<String, EndpointMetrics.Snapshot> snapshots = snapshots();
    return new Now(
        Instant.now().toString(),
        figures(),
        snapshots,
        node.outboundMetrics().snapshot(),
        outboundTargets(),
        interfaces(snapshots),
        node.transport().connections().newest(ConnectionFilter.ALL, ON_THE_PAGE).stream()
            .map(Views.Connection::of)
            .toList(),
        closes(Optional.empty(), Optional.empty(), ON_THE_PAGE),
        certificates(),
        loadReport().jars(),
        Views.lower(node.drainReport().phase()));
  }

  Views.Metrics metrics() {
    return new Views.Metrics(figures(), snapshots(), node.outboundMetrics().snapshot());
  }

  List<Views.OutboundTarget> outboundTargets() {
    return node.outboundTargets().stream().map(Views.OutboundTarget::of).toList();
  }

  Map<String, EndpointMetrics.Snapshot> snapshots() {
    Map<String, EndpointMetrics.Snapshot> snapshots = new LinkedHashMap<>();
    node.metrics().forEach((name, metrics) -> snapshots.put(name, metrics.snapshot()));
    return snapshots;
  }

  Views.NodeFigures figures() {
    EpollTransport transport = node.transport();
    return new Views.NodeFigures(
        node.ready(),
        Version.CURRENT,
        node.startedAt().toString(),
        Views.seconds(Duration.between(node.startedAt(), Instant.now())),
        transport.connections().count(),
        transport.connections().inboundQueued(),
        transport.options().inboundQueueLimit(),
        transport.connections().outboundQueued(),
        transport.options().outboundQueueLimit(),
        transport.connections().closeRecords().total());
  }

  List<Views.Interface> interfaces(Map<String, EndpointMetrics.Snapshot> snapshots) {
    Map<String, CertificateStatus.Failure> trust = node.certificates().trustFailures();
    List<Views.Interface> interfaces = new ArrayList<>();
    for (OperatedInterface seen : node.interfaces()) {
      EndpointMetrics.Snapshot figures = snapshots.get(seen.name());
      if (figures != null) {
        CertificateStatus.Failure failure = trust.get(seen.name());
        interfaces.add(
            Views.Interface.of(seen, figures, failure == null ? null : failure.reason()));
      }
    }
    return interfaces;
  }

  List<Views.Certificate> certificates() {
    Instant now = Instant.now();
    return node.certificates().statuses().stream()
        .map(status -> Views.Certificate.of(status, now))
        .toList();
  }

  Views.Connections connections(
      Optional<String> interfaceName, Optional<String> remote, long after, int limit) {
    List<Views.Connection> page =
        node
            .transport()
            .connections()
            .page(new ConnectionFilter(interfaceName, remote), after, limit)
            .stream()
            .map(Views.Connection::of)
            .toList();
    // A page that is not full is the last one.
    return new Views.Connections(page, page.size() < limit ? null : page.get(page.size() - 1).id());
  }

  Views.Closes closes(Optional<String> interfaceName, Optional<String> reason, int limit) {
    CloseRecords records = node.transport().connections().closeRecords();
    return new Views.Closes(
        records.total(),
        records
            .latest(
                limit,
                record ->
                    interfaceName.map(record.interfaceName()::equals).orElse(true)
                        && reason.map(record.reason()::equals).orElse(true))
            .stream()
            .map(Views.Close::of)
            .toList());
  }

  Views.Plugins loadReport() {
    return Views.Plugins.of(node.loadReport());
  }

  static double daysLeft(CertificateStatus status) {
    return status
        .notAfter()
        .map(end -> Duration.between(Instant.now(), end).toSeconds() / SECONDS_A_DAY)
        .orElse(Double.NaN);
  }
}
