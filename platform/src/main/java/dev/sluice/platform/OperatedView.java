// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.api.rpc.RpcService;
import dev.sluice.platform.capture.NodeCaptures;
import dev.sluice.platform.certificate.CertificateStore;
import dev.sluice.platform.config.Endorsement;
import dev.sluice.platform.operator.OperatedInterface;
import dev.sluice.platform.operator.OperatedNode;
import dev.sluice.platform.plugin.LoadReport;
import dev.sluice.platform.plugin.PluginProtocol;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.transport.epoll.EpollTransport;
import dev.sluice.transport.epoll.outbound.TargetFigures;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A node as the operator's handler sees it. Any thread. */
final class OperatedView implements OperatedNode {

  private final Node node;
  private final NodePlan plan;
  private final EpollTransport transport;
  private final Instant startedAt = Instant.now();

  OperatedView(Node node, NodePlan plan, EpollTransport transport) {
    this.node = node;
    this.plan = plan;
    this.transport = transport;
  }

  @Override
  public boolean ready() {
    return node.ready();
  }

  @Override
  public Instant startedAt() {
    return startedAt;
  }

  @Override
  public List<OperatedInterface> interfaces() {
    return plan.interfaces().stream().map(this::describe).toList();
  }

  private OperatedInterface describe(PlannedInterface planned) {
    InetSocketAddress address = node.addresses().get(planned.name());
    return new OperatedInterface(
        planned.name(),
        planned.config().protocol().name().toLowerCase(Locale.ROOT),
        address == null ? planned.config().bindAddress().toString() : AddressText.of(address),
        planned.protocols().stream().map(PluginProtocol::name).toList(),
        planned.options().rpc().services().stream().map(RpcService::name).toList(),
        certificatesOf(planned),
        planned.config().clientAuthentication().name().toLowerCase(Locale.ROOT),
        node.manager().listens(planned.name()));
  }

  private static List<String> certificatesOf(PlannedInterface planned) {
    Endorsement endorsement = planned.config().endorsement();
    return endorsement.isSecured() ? endorsement.authority() : List.of();
  }

  @Override
  public Map<String, EndpointMetrics> metrics() {
    return node.metrics();
  }

  @Override
  public EndpointMetrics outboundMetrics() {
    return node.manager().outboundMetrics();
  }

  @Override
  public List<TargetFigures> outboundTargets() {
    return node.manager().outbound().figures();
  }

  @Override
  public EpollTransport transport() {
    return transport;
  }

  @Override
  public LoadReport loadReport() {
    return plan.loadReport();
  }

  @Override
  public CertificateStore certificates() {
    return plan.certificates();
  }

  @Override
  public NodeCaptures captures() {
    return node.captures();
  }

  @Override
  public void requestStop() {
    node.requestStop();
  }

  @Override
  public DrainReport drainReport() {
    return node.drainReport();
  }
}
