// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import dev.sluice.platform.certificate.CertificateStatus;
import dev.sluice.platform.operator.Figure.Table;
import dev.sluice.session.bridge.EndpointMetrics.Snapshot;
import dev.sluice.transport.epoll.loop.LoopFigures;
import dev.sluice.transport.epoll.outbound.TargetFigures;
import java.util.List;

/** Every figure that the node has for Prometheus, in the order in which they are added. */
final class Figures {

  private static final String BYTES = "bytes";
  private static final double NANOS = 1e9;

  private Figures() {}

  static final List<Figure<OperatedNode>> OF_THE_NODE =
      List.of(
          Figure.gauge(
              "sluice.ready", "1 while the node wants new connections", n -> n.ready() ? 1 : 0),
          Figure.<OperatedNode>gauge(
                  "sluice.inbound.queued",
                  "Input that waits for sessions",
                  n -> n.transport().connections().inboundQueued())
              .in(BYTES),
          Figure.<OperatedNode>gauge(
                  "sluice.inbound.queue.limit",
                  "inbound_queue_limit",
                  n -> n.transport().options().inboundQueueLimit())
              .in(BYTES),
          Figure.<OperatedNode>gauge(
                  "sluice.outbound.queued",
                  "Output that waits for the kernel",
                  n -> n.transport().connections().outboundQueued())
              .in(BYTES),
          Figure.<OperatedNode>gauge(
                  "sluice.outbound.queue.limit",
                  "outbound_queue_limit",
                  n -> n.transport().options().outboundQueueLimit())
              .in(BYTES));

  static final List<Figure<Snapshot>> OF_AN_INTERFACE =
      List.of(
          Figure.gauge(
              "sluice.connections.open",
              "Connections from accept until their session has heard of the end",
              Snapshot::open),
          Figure.gauge(
              "sluice.connections.peak", "The most that were open at once", Snapshot::peak),
          Figure.gauge("sluice.connections.cap.soft", "max_open_sessions_soft", Snapshot::softCap),
          Figure.gauge("sluice.connections.cap.hard", "max_open_sessions_hard", Snapshot::hardCap),
          Figure.counter(
              "sluice.connections.accepted", "Admitted, the capped ones too", Snapshot::accepted),
          Figure.counter(
              "sluice.connections.capped", "Admitted over the soft cap", Snapshot::capped),
          Figure.counter(
              "sluice.connections.refused",
              "Closed at accept over the hard cap",
              Snapshot::refused),
          Figure.<Snapshot>counter("sluice.received", "Plaintext from peers", Snapshot::bytesIn)
              .in(BYTES),
          Figure.<Snapshot>counter(
                  "sluice.sent", "Plaintext that the kernel took", Snapshot::bytesOut)
              .in(BYTES),
          Figure.counter(
              "sluice.datagrams.received", "Datagrams from peers", Snapshot::datagramsIn),
          Figure.counter(
              "sluice.datagrams.sent", "Datagrams that the kernel took", Snapshot::datagramsOut));

  static final List<Table<Snapshot>> TABLES_OF_AN_INTERFACE =
      List.of(
          new Table<>("sluice.connections.closed", "Ended, by reason", "reason", Snapshot::closes),
          new Table<>("sluice.errors", "Errors, by kind", "kind", Snapshot::errors),
          new Table<>(
              "sluice.protocol.events",
              "What protocols and applications count",
              "name",
              Snapshot::counters),
          new Table<>(
              "sluice.connections.chosen",
              "Where several protocols share a port, by the protocol that was chosen",
              "protocol",
              Snapshot::protocols),
          new Table<>(
              "sluice.tls.handshakes",
              "Completed, by version, cipher and group",
              "negotiated",
              Snapshot::handshakes));

  static final List<Figure<TargetFigures>> OF_A_TARGET =
      List.of(
          Figure.gauge(
              "sluice.outbound.open",
              "Connections that the node has opened to the target, attempts included",
              TargetFigures::open),
          Figure.counter(
              "sluice.outbound.attempts", "To open a connection", TargetFigures::attempts),
          Figure.gauge(
              "sluice.outbound.pool.connections",
              "Connections that clients keep",
              TargetFigures::pooled),
          Figure.gauge(
              "sluice.outbound.pool.requests",
              "Requests under way on them",
              TargetFigures::requests),
          Figure.gauge(
              "sluice.outbound.pool.waiting",
              "Requests that wait for one of them",
              TargetFigures::waiting));

  static final Table<TargetFigures> FAILURES_OF_A_TARGET =
      new Table<>(
          "sluice.outbound.failures",
          "Attempts that have failed, by kind",
          "kind",
          TargetFigures::failures);

  static final List<Figure<CertificateStatus>> OF_A_CERTIFICATE =
      List.of(
          Figure.gauge(
              "sluice.certificate.available",
              "1 where there is one to serve",
              c -> c.available() ? 1 : 0),
          Figure.gauge(
              "sluice.certificate.expiry.days", "Days until it expires", NodeState::daysLeft),
          Figure.gauge(
              "sluice.certificate.generation",
              "How many were served under the name",
              CertificateStatus::generation),
          Figure.counter(
              "sluice.certificate.failures",
              "Replacements that were refused",
              CertificateStatus::failures));

  static final List<Figure<LoopFigures>> OF_A_LOOP =
      List.of(
          Figure.gauge(
              "sluice.loop.connections", "Connections of the event loop", LoopFigures::connections),
          Figure.gauge("sluice.loop.pending.tasks", "Tasks that wait", LoopFigures::pendingTasks),
          Figure.gauge(
              "sluice.loop.late.seconds",
              "How long its regular sweep is overdue: a session keeps the loop",
              loop -> loop.late().toNanos() / NANOS),
          Figure.counter(
              "sluice.loop.blocked",
              "How often the loop did not turn for a second, since a call blocked it",
              LoopFigures::blocked),
          Figure.<LoopFigures>counter(
                  "sluice.loop.cpu",
                  "Processor time of the loop's thread",
                  loop -> loop.cpuTime().toNanos() / NANOS)
              .in("seconds"));
}
