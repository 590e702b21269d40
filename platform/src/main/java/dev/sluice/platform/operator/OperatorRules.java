// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import dev.sluice.api.TlsInfo;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import io.netty.util.NetUtil;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Who may ask the operator's handler for what. Two attacks come through the operator's own browser:
 * a foreign page that sends it a request, and a foreign name that resolves to the node. The first
 * can't add a header field of our choosing without the node's consent, which it does not give; the
 * second can't hide that it asks for a name that is not the node's.
 */
final class OperatorRules {

  /** Needed for changes; its value is who is named in the log. */
  static final String HEADER = "sluice-operator";

  private static final Set<String> READS = Set.of("GET", "HEAD", "OPTIONS");

  private final Set<String> hosts;
  private final List<String> clients;

  /**
   * @param hosts the names that the node goes by, beside addresses and localhost
   * @param clients subjects of client certificates; empty: anybody
   */
  OperatorRules(Set<String> hosts, List<String> clients) {
    this.hosts = hosts;
    this.clients = clients;
  }

  /** Empty: it may. */
  Optional<RpcResponse> refusal(RpcContext request) {
    if (!clients.isEmpty() && !clients.contains(client(request).orElse(""))) {
      return refused("client_not_allowed", "The client's certificate is not an operator's.");
    }
    boolean changes = !READS.contains(request.method());
    if ((changes || !forAnyName(request.path())) && !isOurs(request.authority())) {
      return refused(
          "host_not_allowed",
          "The Host of the request is no address of this node and is not among operator.allowed_hosts.");
    }
    if (changes && request.headers().first(HEADER).filter(who -> !who.isEmpty()).isEmpty()) {
      return refused(
          "operator_header_missing",
          "Changes need the header field Sluice-Operator, with any value, such as your name.");
    }
    return Optional.empty();
  }

  /** Probes and scrapers ask by names that nobody configures, and what they get is no secret. */
  private static boolean forAnyName(String path) {
    return path.startsWith("/node/health/")
        || path.equals("/node/metrics")
        || path.equals("/node/metrics/prometheus");
  }

  private boolean isOurs(String authority) {
    String host = host(authority);
    return host.equals("localhost")
        || NetUtil.isValidIpV4Address(host)
        || NetUtil.isValidIpV6Address(host)
        || hosts.contains(host);
  }

  /** Without its port; the node has seen to it that the authority is well-formed. */
  static String host(String authority) {
    if (authority.startsWith("[")) {
      return authority.substring(1, Math.max(1, authority.indexOf(']')));
    }
    int colon = authority.indexOf(':');
    String host = colon < 0 ? authority : authority.substring(0, colon);
    return host.toLowerCase(Locale.ROOT);
  }

  /** The subject of a certificate that the interface has verified. */
  static Optional<String> client(RpcContext request) {
    return request
        .connection()
        .tls()
        .map(TlsInfo::peerCertificates)
        .filter(chain -> !chain.isEmpty())
        .map(chain -> chain.get(0).getSubjectX500Principal().getName());
  }

  private static Optional<RpcResponse> refused(String code, String detail) {
    return Optional.of(OperatorJson.problem(403, code, detail));
  }
}
