// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.ByteSize;
import dev.sluice.api.Execution;
import dev.sluice.api.rpc.BodyReceiver;
import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.RequestLimits;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.Endpoint;
import dev.sluice.protocol.http.EndpointCall;
import dev.sluice.protocol.http.EndpointHandler;
import dev.sluice.protocol.http.Endpoints;
import dev.sluice.session.bridge.EndpointOptions;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;

/** The same endpoints with the interface's limits and with some of their own. */
public final class LimitedApp extends EndpointHandler {

  public static final Duration SHORT = Duration.ofMillis(300);
  public static final int LARGE = 4 << 20;

  public static final RequestLimits ENDLESS = RequestLimits.endless(Duration.ofHours(1));

  /** Requests that nobody answers. */
  public final BlockingQueue<RpcContext> late = new LinkedBlockingQueue<>();

  public final List<CancelReason> cancelled = new CopyOnWriteArrayList<>();

  private final Execution execution;

  public LimitedApp() {
    this(Execution.EVENT_LOOP);
  }

  public LimitedApp(Execution execution) {
    super("limited", "/");
    this.execution = execution;
  }

  @Override
  public Execution execution() {
    return execution;
  }

  @Override
  protected void endpoints(Endpoints to) {
    RequestLimits large = RequestLimits.OF_INTERFACE.withMaxBodySize(new ByteSize(LARGE));
    RequestLimits patient = RequestLimits.OF_INTERFACE.withoutRequestTimeout();
    RequestLimits impatient = RequestLimits.OF_INTERFACE.withRequestTimeout(SHORT);
    to.post("/chat", this::chat)
        .post("/chat/endless", Endpoint.limited(ENDLESS, this::chat))
        .post("/chat/short", Endpoint.limited(RequestLimits.endless(SHORT), this::chat))
        .post("/sink", LimitedApp::sink)
        .post("/sink/large", Endpoint.limited(large, LimitedApp::sink))
        .post(
            "/sink/slow",
            Endpoint.limited(RequestLimits.OF_INTERFACE.withoutMinBodyRate(), LimitedApp::sink))
        .post("/sink/{small}", Endpoint.limited(small(), LimitedApp::sink))
        .post("/whole/large", Endpoint.limited(large, LimitedApp::whole))
        .post(
            "/whole",
            Endpoint.limited(
                large.withMaxAggregatedBodySize(new ByteSize(LARGE)), LimitedApp::whole))
        .get("/late", this::never)
        .get("/late/patient", Endpoint.limited(patient, this::never))
        .get("/late/impatient", Endpoint.limited(impatient, this::never));
  }

  private static RequestLimits small() {
    return RequestLimits.OF_INTERFACE.withMaxBodySize(new ByteSize(10));
  }

  /** Says back what it hears, and at the end how that ended. */
  private void chat(EndpointCall call) {
    call.request().onCancel(cancelled::add);
    ResponseBody answer = call.request().respondStreaming(RpcResponse.of(200));
    call.request()
        .receive(
            new BodyReceiver() {
              @Override
              public void part(ByteBuf data) {
                boolean unused = answer.write(data.retainedSlice());
              }

              @Override
              public void end() {
                answer.finish(RpcResponse.of(200).header("grpc-status", "0"));
              }
            });
  }

  /** Of a node with {@link #SHORT} for all that an endpoint may have longer. */
  public static HttpNode.Options shortTimes() {
    Settings settings = new Settings();
    settings.bodyTimeout = SHORT;
    settings.requestTimeout = SHORT;
    HttpNode.Options options = settings.options();
    EndpointOptions.Limits limits = EndpointOptions.Limits.defaults();
    options.limits =
        new EndpointOptions.Limits(
            SHORT,
            limits.handshakeTimeout(),
            limits.slowConsumerTimeout(),
            limits.highMark(),
            limits.hardMark(),
            limits.lingerTimeout());
    options.requestTimeout = SHORT;
    return options;
  }

  private static void sink(EndpointCall call) {
    call.request().receive(new LengthAnswer(call.request()));
  }

  private static void whole(EndpointCall call) {
    call.request()
        .receiveWhole(
            body -> call.respond(RpcResponse.text(Integer.toString(body.readableBytes()))));
  }

  private void never(EndpointCall call) {
    call.request().onCancel(cancelled::add);
    late.add(call.request());
  }
}
