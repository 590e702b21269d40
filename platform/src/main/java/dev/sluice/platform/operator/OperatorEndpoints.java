// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.platform.certificate.CertificateRefusedException;
import dev.sluice.platform.certificate.CertificateStatus;
import dev.sluice.protocol.http.EndpointCall;
import dev.sluice.protocol.http.Endpoints;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is answered under {@code /node}. Each call is on one of the operator's threads. */
final class OperatorEndpoints {

  private static final Logger log = LoggerFactory.getLogger(OperatorEndpoints.class);

  private static final int PAGE = 100;
  private static final int LARGEST_PAGE = 1000;

  /** Of the value that says who asks for a change, as it is logged. */
  private static final int LONGEST_NAME = 64;

  private static final Pattern NO_NAME = Pattern.compile("[^\\x20-\\x7e]");

  private final OperatedNode node;
  private final NodeState state;
  private final LiveEvents events;
  private final PrometheusMetrics prometheus;
  private final Executor threads;
  private final OperatorPage page;

  OperatorEndpoints(
      OperatedNode node, LiveEvents events, PrometheusMetrics prometheus, Executor threads) {
    this.node = node;
    this.state = new NodeState(node);
    this.events = events;
    this.prometheus = prometheus;
    this.threads = threads;
    this.page = OperatorPage.load();
  }

  void addTo(Endpoints to) {
    to.get("/node", call -> call.respond(RpcResponse.of(308).header("location", "/node/")))
        .get("/node/", call -> call.respond(page.response()))
        .get("/node/events", call -> events.watch(call.request()))
        .get("/node/version", call -> json(call, SoftwareVersions.now()))
        .get("/node/health/live", call -> json(call, Map.of("status", "live")))
        .get("/node/health/ready", this::ready)
        .get("/node/metrics", call -> json(call, state.metrics()))
        .get("/node/metrics/prometheus", call -> call.respond(prometheus.response(call.request())))
        .get("/node/interfaces", call -> json(call, state.interfaces(state.snapshots())))
        .get("/node/outbound", call -> json(call, state.outboundTargets()))
        .get("/node/connections", this::connections)
        .delete("/node/connections/{id}", this::closeConnection)
        .get("/node/closes", this::closes)
        .get("/node/protocols", call -> json(call, state.loadReport()))
        .get("/node/certificates", call -> json(call, state.certificates()))
        .get("/node/certificates/{name}", this::certificate)
        .put("/node/certificates/{name}", this::replaceCertificate)
        .get("/node/drain", call -> json(call, Views.Drain.of(node.drainReport())))
        .post("/node/drain", this::drain);
    new CaptureEndpoints(node.captures(), threads, OperatorEndpoints::audit).addTo(to);
  }

  private static void json(EndpointCall call, Object value) {
    call.respond(OperatorJson.answer(200, value));
  }

  private void ready(EndpointCall call) {
    boolean ready = node.ready();
    call.respond(
        OperatorJson.answer(ready ? 200 : 503, Map.of("status", ready ? "ready" : "not_ready")));
  }

  private void connections(EndpointCall call) {
    Query query = Query.of(call.request()).allowing("interface", "remote", "after", "limit");
    Optional<String> interfaceName = query.text("interface");
    Optional<String> remote = query.text("remote");
    long after = query.number("after", Long.MIN_VALUE, Long.MAX_VALUE).orElse(Long.MIN_VALUE);
    int limit = (int) query.number("limit", 1, LARGEST_PAGE).orElse(PAGE);
    call.respond(
        query
            .problem()
            .orElseGet(
                () ->
                    OperatorJson.answer(
                        200, state.connections(interfaceName, remote, after, limit))));
  }

  private void closes(EndpointCall call) {
    Query query = Query.of(call.request()).allowing("interface", "reason", "limit");
    Optional<String> interfaceName = query.text("interface");
    Optional<String> reason = query.text("reason");
    int limit = (int) query.number("limit", 1, LARGEST_PAGE).orElse(PAGE);
    call.respond(
        query
            .problem()
            .orElseGet(() -> OperatorJson.answer(200, state.closes(interfaceName, reason, limit))));
  }

  private void closeConnection(EndpointCall call) {
    long id;
    try {
      id = Long.parseLong(call.parameter("id"));
    } catch (NumberFormatException e) {
      call.respond(OperatorJson.problem(400, "invalid_id", "A connection's id is a number."));
      return;
    }
    if (node.transport().connections().close(ConnId.of(id), CloseReason.CLOSED_BY_OPERATOR)) {
      audit(call.request(), "connection " + id + " closed");
      call.respond(RpcResponse.of(204));
    } else {
      call.respond(OperatorJson.problem(404, "no_connection", "There is no such connection."));
    }
  }

  private void certificate(EndpointCall call) {
    Optional<CertificateStatus> status = node.certificates().status(call.parameter("name"));
    if (status.isPresent()) {
      json(call, Views.Certificate.of(status.get(), Instant.now()));
    } else {
      call.respond(noCertificate());
    }
  }

  /** One PEM text with the chain and the key, in any order; whose block is whose is in its name. */
  private void replaceCertificate(EndpointCall call) {
    String name = call.parameter("name");
    if (node.certificates().status(name).isEmpty()) {
      call.respond(noCertificate());
      return;
    }
    call.request()
        .receiveWhole(
            body -> {
              String pem = body.toString(StandardCharsets.US_ASCII);
              threads.execute(
                  () ->
                      OperatorHandler.inOrder(
                          call.request(), () -> replaceCertificate(call, name, pem)));
            });
  }

  private void replaceCertificate(EndpointCall call, String name, String pem) {
    try {
      CertificateStatus replaced = node.certificates().replace(name, pem, pem);
      audit(call.request(), "certificate " + name + " replaced");
      json(call, Views.Certificate.of(replaced, Instant.now()));
    } catch (CertificateRefusedException e) {
      call.respond(
          OperatorJson.problem(422, "certificate_refused", String.valueOf(e.getMessage())));
    }
  }

  private static RpcResponse noCertificate() {
    return OperatorJson.problem(
        404, "no_certificate", "There is no certificate of this name in the configuration.");
  }

  private void drain(EndpointCall call) {
    audit(call.request(), "drain asked for");
    node.requestStop();
    call.respond(OperatorJson.answer(202, Views.Drain.of(node.drainReport())));
  }

  private static void audit(RpcContext request, String what) {
    String who = request.headers().first(OperatorRules.HEADER).orElse("");
    String name =
        NO_NAME.matcher(who.substring(0, Math.min(LONGEST_NAME, who.length()))).replaceAll("?");
    log.info(
        "{} by '{}' from {}{}",
        what,
        name,
        Views.text(request.connection().remoteAddress()),
        OperatorRules.client(request).map(subject -> " with certificate " + subject).orElse(""));
  }
}
