// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.platform.capture.CaptureRefusedException;
import dev.sluice.platform.capture.CaptureRequest;
import dev.sluice.platform.capture.CaptureStatus;
import dev.sluice.platform.capture.NodeCaptures;
import dev.sluice.protocol.http.EndpointCall;
import dev.sluice.protocol.http.Endpoints;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What is answered under {@code /node/captures}. Each call is on one of the operator's threads. */
final class CaptureEndpoints {

  private final NodeCaptures captures;
  private final Executor threads;
  private final BiConsumer<RpcContext, String> audit;

  CaptureEndpoints(NodeCaptures captures, Executor threads, BiConsumer<RpcContext, String> audit) {
    this.captures = captures;
    this.threads = threads;
    this.audit = audit;
  }

  void addTo(Endpoints to) {
    to.get("/node/captures", this::list)
        .post("/node/captures", this::start)
        .get("/node/captures/{id}", this::show)
        .delete("/node/captures/{id}", this::end);
  }

  /** What is asked for, as it stands in JSON. */
  private record Order(
      @JsonProperty("interface") @Nullable String interfaceName,
      @Nullable String remote,
      @Nullable Long id,
      @Nullable Integer connections,
      @Nullable Long bytes,
      @Nullable Long seconds) {}

  private void list(EndpointCall call) {
    List<Views.Capture> all = captures.list().stream().map(Views.Capture::of).toList();
    call.respond(OperatorJson.answer(200, new Views.Captures(all)));
  }

  private void show(EndpointCall call) {
    call.respond(answer(captures.find(call.parameter("id"))));
  }

  private void end(EndpointCall call) {
    String id = call.parameter("id");
    Optional<CaptureStatus> ended = captures.end(id);
    if (ended.isPresent()) {
      audit.accept(call.request(), "capture " + id + " ended");
    }
    call.respond(answer(ended));
  }

  private static RpcResponse answer(Optional<CaptureStatus> found) {
    return found
        .map(status -> OperatorJson.answer(200, Views.Capture.of(status)))
        .orElseGet(() -> OperatorJson.problem(404, "no_capture", "There is no such capture."));
  }

  private void start(EndpointCall call) {
    call.request()
        .receiveWhole(
            body -> {
              String text = body.toString(StandardCharsets.UTF_8);
              threads.execute(
                  () -> OperatorHandler.inOrder(call.request(), () -> start(call, text)));
            });
  }

  private void start(EndpointCall call, String text) {
    Order order;
    try {
      order = OperatorJson.read(text, Order.class);
    } catch (JsonProcessingException e) {
      call.respond(OperatorJson.problem(400, "invalid_body", e.getOriginalMessage()));
      return;
    }
    if (order == null || order.interfaceName == null) {
      call.respond(
          OperatorJson.problem(
              400,
              "invalid_body",
              "A JSON object with interface, and with remote, id, connections, bytes and seconds"
                  + " as it pleases."));
      return;
    }
    try {
      CaptureStatus started = captures.start(request(order, order.interfaceName));
      audit.accept(
          call.request(), "capture " + started.id() + " of " + started.interfaceName() + " begun");
      call.respond(
          OperatorJson.answer(201, Views.Capture.of(started))
              .header("location", "/node/captures/" + started.id()));
    } catch (CaptureRefusedException e) {
      call.respond(refusal(e));
    }
  }

  private static CaptureRequest request(Order order, String interfaceName) {
    return new CaptureRequest(
        interfaceName,
        Optional.ofNullable(order.remote),
        Optional.ofNullable(order.id),
        Optional.ofNullable(order.connections),
        Optional.ofNullable(order.bytes),
        Optional.ofNullable(order.seconds).map(CaptureEndpoints::seconds));
  }

  /** So large that it is refused, and no overflow. */
  private static Duration seconds(long seconds) {
    return Duration.ofSeconds(Math.min(seconds, Integer.MAX_VALUE));
  }

  private static RpcResponse refusal(CaptureRefusedException e) {
    String detail = String.valueOf(e.getMessage());
    return switch (e.kind()) {
      case OFF -> OperatorJson.problem(409, "captures_off", detail);
      case NO_INTERFACE -> OperatorJson.problem(404, "no_interface", detail);
      case BEYOND_BOUNDS -> OperatorJson.problem(422, "beyond_bounds", detail);
      case TOO_MANY -> OperatorJson.problem(409, "too_many_captures", detail);
      case NO_FILE -> OperatorJson.problem(500, "capture_failed", detail);
    };
  }
}
