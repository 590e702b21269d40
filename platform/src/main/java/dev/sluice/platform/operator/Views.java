// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import dev.sluice.platform.DrainReport;
import dev.sluice.platform.capture.CaptureStatus;
import dev.sluice.platform.certificate.CertificateStatus;
import dev.sluice.platform.plugin.LoadReport;
import dev.sluice.session.bridge.CertificateVersion;
import dev.sluice.session.bridge.CloseRecord;
import dev.sluice.session.bridge.ConnectionView;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.transport.epoll.outbound.TargetFigures;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the operator's handler answers, as it stands in JSON. Fields are only ever added: what reads
 * them outlives versions. Absent ones are left out.
 */
final class Views {

  private static final double MILLIS = 1e3;

  private Views() {}

  /** An interface with its figures. */
  record Interface(
      String name,
      String transport,
      String address,
      boolean tls,
      boolean listening,
      List<String> protocols,
      List<String> handlers,
      List<String> certificates,
      String clientAuthentication,
      @Nullable String trustedCaFailure,
      int open,
      int peak,
      int softCap,
      int hardCap) {

    static Interface of(
        OperatedInterface seen, EndpointMetrics.Snapshot figures, @Nullable String trustFailure) {
      return new Interface(
          seen.name(),
          seen.transport(),
          seen.address(),
          !seen.certificates().isEmpty(),
          seen.listening(),
          seen.protocols(),
          seen.handlers(),
          seen.certificates(),
          seen.clientAuthentication(),
          trustFailure,
          figures.open(),
          figures.peak(),
          figures.softCap(),
          figures.hardCap());
    }
  }

  /** All figures. */
  record Metrics(
      NodeFigures node,
      Map<String, EndpointMetrics.Snapshot> interfaces,
      EndpointMetrics.Snapshot outbound) {}

  /** What is counted of the connections to a target. */
  record OutboundTarget(
      String target,
      int open,
      long attempts,
      long failed,
      Map<String, Long> failures,
      int pooled,
      int connecting,
      int requests,
      int waiting) {

    static OutboundTarget of(TargetFigures seen) {
      return new OutboundTarget(
          seen.name(),
          seen.open(),
          seen.attempts(),
          seen.failed(),
          seen.failures(),
          seen.pooled(),
          seen.connecting(),
          seen.requests(),
          seen.waiting());
    }
  }

  /** Figures of the node as a whole. */
  record NodeFigures(
      boolean ready,
      String version,
      String startedAt,
      double uptimeSeconds,
      int connections,
      long inboundQueued,
      long inboundQueueLimit,
      long outboundQueued,
      long outboundQueueLimit,
      long closeRecords) {}

  /** A page of connections. */
  record Connections(List<Connection> connections, @Nullable Long next) {}

  /** A live connection. */
  record Connection(
      long id,
      @Nullable String interfaceName,
      String protocol,
      @Nullable String local,
      @Nullable String remote,
      String openedAt,
      double ageSeconds,
      boolean capped,
      String state,
      boolean busy,
      long bytesIn,
      long bytesOut,
      long queuedOut,
      long heldIn,
      boolean readsPaused,
      @Nullable String tlsVersion,
      @Nullable String alpn,
      @Nullable String serverName,
      @Nullable String certificate,
      @Nullable Long generation,
      @Nullable String note) {

    static Connection of(ConnectionView seen) {
      return new Connection(
          seen.id(),
          seen.interfaceName(),
          seen.protocol(),
          seen.local().map(Views::text).orElse(null),
          seen.remote().map(Views::text).orElse(null),
          seen.openedAt().toString(),
          seconds(seen.age()),
          seen.capped(),
          lower(seen.state()),
          seen.busy(),
          seen.bytesIn(),
          seen.bytesOut(),
          seen.queuedOut(),
          seen.heldIn(),
          seen.readsPaused(),
          seen.tlsVersion().orElse(null),
          seen.alpn().orElse(null),
          seen.serverName().orElse(null),
          seen.certificate().map(CertificateVersion::name).orElse(null),
          seen.certificate().map(CertificateVersion::generation).orElse(null),
          seen.note().orElse(null));
    }
  }

  /** Why connections ended, the newest first. */
  record Closes(long total, List<Close> closes) {}

  /** Why a connection ended, or was refused. */
  record Close(
      long sequence,
      String at,
      @Nullable Long id,
      String interfaceName,
      String protocol,
      @Nullable String remote,
      String reason,
      String closedBy,
      @Nullable String limit,
      long count,
      @Nullable String note,
      @Nullable String certificate,
      @Nullable Long generation,
      boolean capped,
      double ageSeconds,
      long bytesIn,
      long bytesOut) {

    static Close of(CloseRecord seen) {
      return new Close(
          seen.sequence(),
          seen.at().toString(),
          seen.id() == 0 ? null : seen.id(),
          seen.interfaceName(),
          seen.protocol(),
          seen.remote().orElse(null),
          seen.reason(),
          lower(seen.closedBy()),
          seen.limit().orElse(null),
          seen.count(),
          seen.note().orElse(null),
          seen.certificate().map(CertificateVersion::name).orElse(null),
          seen.certificate().map(CertificateVersion::generation).orElse(null),
          seen.capped(),
          seconds(seen.age()),
          seen.bytesIn(),
          seen.bytesOut());
    }
  }

  /** A certificate under its name. */
  record Certificate(
      String name,
      String source,
      boolean available,
      long generation,
      @Nullable String subject,
      @Nullable String issuer,
      List<String> dnsNames,
      @Nullable String sha256,
      @Nullable String notBefore,
      @Nullable String notAfter,
      @Nullable Long daysLeft,
      @Nullable String servedSince,
      long replacements,
      long failures,
      @Nullable String lastFailureAt,
      @Nullable String lastFailure,
      List<String> interfaces,
      long retiredContexts) {

    static Certificate of(CertificateStatus seen, Instant now) {
      return new Certificate(
          seen.name(),
          seen.fromFiles() ? "files" : "call",
          seen.available(),
          seen.generation(),
          seen.subject().orElse(null),
          seen.issuer().orElse(null),
          seen.dnsNames(),
          seen.sha256().orElse(null),
          seen.notBefore().map(Instant::toString).orElse(null),
          seen.notAfter().map(Instant::toString).orElse(null),
          seen.available() ? seen.daysLeft(now) : null,
          seen.since().map(Instant::toString).orElse(null),
          seen.replacements(),
          seen.failures(),
          seen.lastFailure().map(failure -> failure.at().toString()).orElse(null),
          seen.lastFailure().map(CertificateStatus.Failure::reason).orElse(null),
          seen.interfaces(),
          seen.retired());
    }
  }

  /** How far the end of the node has come. */
  record Drain(
      String phase,
      @Nullable String startedAt,
      double tookSeconds,
      Map<String, DrainedInterface> interfaces,
      List<String> workersLeft) {

    static Drain of(DrainReport report) {
      Map<String, DrainedInterface> interfaces = new LinkedHashMap<>();
      report
          .interfaces()
          .forEach((name, figures) -> interfaces.put(name, DrainedInterface.of(figures)));
      return new Drain(
          lower(report.phase()),
          report.startedAt().map(Instant::toString).orElse(null),
          seconds(report.took()),
          interfaces,
          report.workersLeft());
    }
  }

  /** What became of an interface's connections. */
  record DrainedInterface(
      long openAtStart,
      long arrived,
      long refused,
      long finished,
      long aborted,
      long open,
      @Nullable Double endedAfterSeconds) {

    static DrainedInterface of(DrainReport.Interface figures) {
      return new DrainedInterface(
          figures.openAtStart(),
          figures.arrived(),
          figures.refused(),
          figures.finished(),
          figures.aborted(),
          figures.open(),
          figures.endedAfter().map(Views::seconds).orElse(null));
    }
  }

  /** What was found among the plug-ins. */
  record Plugins(
      @Nullable String folder, @Nullable String problem, List<Jar> jars, List<String> notLookedAt) {

    static Plugins of(LoadReport report) {
      return new Plugins(
          report.folder().map(Path::toString).orElse(null),
          report.problem().orElse(null),
          report.jars().stream().map(Jar::of).toList(),
          report.ignored());
    }
  }

  /** A jar among the plug-ins. */
  record Jar(
      String file,
      @Nullable String version,
      @Nullable String apiVersion,
      @Nullable String refused,
      List<Provider> providers,
      List<String> notes) {

    static Jar of(LoadReport.Jar seen) {
      return new Jar(
          seen.file(),
          seen.version().orElse(null),
          seen.apiVersion().orElse(null),
          seen.refused().orElse(null),
          seen.providers().stream().map(Provider::of).toList(),
          seen.notes());
    }
  }

  /** What a jar provides. */
  record Provider(String kind, String className, @Nullable String name, @Nullable String refused) {

    static Provider of(LoadReport.Provider seen) {
      return new Provider(
          lower(seen.kind()),
          seen.className(),
          seen.name().orElse(null),
          seen.refused().orElse(null));
    }
  }

  static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  static String text(SocketAddress address) {
    return address instanceof InetSocketAddress inet
        ? NetUtil.toSocketAddressString(inet)
        : address.toString();
  }

  static double seconds(Duration duration) {
    return duration.toMillis() / MILLIS;
  }

  /** All captures. */
  record Captures(List<Capture> captures) {}

  /** Sessions that are recorded, or were. */
  record Capture(
      String id,
      String state,
      String interfaceName,
      @Nullable String remote,
      @Nullable Long connection,
      String file,
      String startedAt,
      @Nullable String endedAt,
      @Nullable String endedBy,
      @Nullable String problem,
      int connections,
      long bytes,
      long lostRecords,
      long lostBytes,
      CaptureBounds bounds) {

    static Capture of(CaptureStatus status) {
      return new Capture(
          status.id(),
          status.endedAt().isPresent() ? "ended" : "running",
          status.interfaceName(),
          status.remote().orElse(null),
          status.connection().orElse(null),
          status.file().toString(),
          status.startedAt().toString(),
          status.endedAt().map(Instant::toString).orElse(null),
          status.endedBy().orElse(null),
          status.problem().orElse(null),
          status.connections(),
          status.bytes(),
          status.lostRecords(),
          status.lostBytes(),
          new CaptureBounds(
              status.maxConnections(), status.maxBytes(), status.maxTime().toSeconds()));
    }
  }

  /** Where a capture ends by itself. */
  record CaptureBounds(int connections, long bytes, long seconds) {}
}
