// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import dev.sluice.platform.DrainReport;
import dev.sluice.platform.capture.NodeCaptures;
import dev.sluice.platform.certificate.CertificateStore;
import dev.sluice.platform.plugin.LoadReport;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.transport.epoll.EpollTransport;
import dev.sluice.transport.epoll.outbound.TargetFigures;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What an operator may see and do of a node. Every method may be called from any thread. */
public interface OperatedNode {

  /**
   * Whether it wants new connections.
   *
   * @return {@code false} during the start and from the beginning of a stop
   */
  boolean ready();

  /**
   * When it started.
   *
   * @return by the system's clock
   */
  Instant startedAt();

  /**
   * Its interfaces.
   *
   * @return in the order of the configuration
   */
  List<OperatedInterface> interfaces();

  /**
   * What is counted.
   *
   * @return by interface
   */
  Map<String, EndpointMetrics> metrics();

  /**
   * What is counted of the connections that it opens.
   *
   * @return as for an interface
   */
  EndpointMetrics outboundMetrics();

  /**
   * What is counted of them by target, and what clients keep for it.
   *
   * @return of a bounded number of targets; all others last, as one
   */
  List<TargetFigures> outboundTargets();

  /**
   * Connections, records of those that ended, and loops.
   *
   * @return what the interfaces share
   */
  EpollTransport transport();

  /**
   * What was found among the plug-ins.
   *
   * @return as at start
   */
  LoadReport loadReport();

  /**
   * Its certificates.
   *
   * @return may be replaced there
   */
  CertificateStore certificates();

  /**
   * Sessions that are recorded.
   *
   * @return may be begun and ended there
   */
  NodeCaptures captures();

  /** Begins the ordered end; a second call changes nothing. */
  void requestStop();

  /**
   * How far the end has come.
   *
   * @return also while nobody has asked for it
   */
  DrainReport drainReport();
}
