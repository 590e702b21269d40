// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.Execution;
import dev.sluice.api.rpc.BodyReceiver;
import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.EndpointCall;
import dev.sluice.protocol.http.EndpointHandler;
import dev.sluice.protocol.http.Endpoints;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What tests ask for. */
public final class TestApp extends EndpointHandler {

  private static final byte[] PATTERN = pattern();

  public final List<CancelReason> cancelled = new CopyOnWriteArrayList<>();
  public final List<String> called = new CopyOnWriteArrayList<>();

  /** Requests at /wait/{name}, to be answered by the test. */
  public final Map<String, RpcContext> waiting = new ConcurrentHashMap<>();

  public final BlockingQueue<RpcContext> begun = new LinkedBlockingQueue<>();

  private final Execution execution;

  private static byte[] pattern() {
    byte[] pattern = new byte[(32 << 10) + 251];
    for (int i = 0; i < pattern.length; i++) {
      pattern[i] = patternAt(i);
    }
    return pattern;
  }

  /** What stands at a place of /bytes. */
  public static byte patternAt(long place) {
    return (byte) (place % 251);
  }

  public TestApp() {
    this(Execution.EVENT_LOOP);
  }

  public TestApp(Execution execution) {
    super("test", "/");
    this.execution = execution;
  }

  @Override
  public Execution execution() {
    return execution;
  }

  public RpcContext nextBegun() throws InterruptedException {
    RpcContext request = begun.poll(20, TimeUnit.SECONDS);
    if (request == null) {
      throw new AssertionError("no request arrived");
    }
    return request;
  }

  @Override
  protected void endpoints(Endpoints to) {
    to.get("/hello", call -> note(call).respond(RpcResponse.text("Hello, World!")))
        .get("/read-first", TestApp::readFirst)
        .post("/read-first", TestApp::readFirst)
        .get("/say/{word}", call -> call.respond(RpcResponse.text(call.parameter("word"))))
        .get("/rest/{path*}", call -> call.respond(RpcResponse.text(call.parameter("path"))))
        .get("/target", TestApp::target)
        .on("PUT", "/target", TestApp::target)
        .post("/echo", TestApp::echo)
        .post("/stream", TestApp::streamBack)
        .post("/sink", TestApp::sink)
        .post("/ignore", call -> note(call).respond(RpcResponse.text("ignored")))
        .get("/bytes/{n}", TestApp::bytes)
        .get("/trailers", TestApp::trailers)
        .post("/trailers", TestApp::trailersBack)
        .get("/fail", call -> fail())
        .get("/empty", call -> call.respond(RpcResponse.of(204)))
        .get("/unchanged", call -> call.respond(RpcResponse.of(304)))
        .get("/close", call -> call.respond(RpcResponse.text("bye").closeConnection()))
        .get("/late-failure", TestApp::lateFailure)
        .get("/short", call -> declared(call, 10, "short"))
        .get("/long", call -> declared(call, 3, "too long"))
        .get("/wait/{name}", this::await)
        .post("/wait/{name}", this::await)
        .post("/never-reads", this::await)
        .get("/split", call -> call.respond(RpcResponse.of(200).header("x", "a\r\nb: c")));
  }

  private EndpointCall note(EndpointCall call) {
    called.add(call.request().path());
    return call;
  }

  private static void fail() {
    throw new IllegalStateException("<script>as it should</script>");
  }

  private static void target(EndpointCall call) {
    RpcContext request = call.request();
    call.respond(
        RpcResponse.text(
            request.authority() + "|" + request.path() + "|" + request.query().orElse("-")));
  }

  private static void echo(EndpointCall call) {
    call.request().receiveWhole(body -> call.respond(RpcResponse.of(200).body(body.retain())));
  }

  /** Answers no sooner than the request has ended. */
  private static void readFirst(EndpointCall call) {
    call.request().receiveWhole(body -> call.respond(RpcResponse.text("Hello, World!")));
  }

  private static void streamBack(EndpointCall call) {
    ResponseBody answer = call.request().respondStreaming(RpcResponse.of(200));
    call.request()
        .receive(
            new BodyReceiver() {
              @Override
              public void part(ByteBuf data) {
                boolean unused = answer.write(data.retainedSlice());
                if (!answer.isWritable()) {
                  call.request().pauseBody();
                  answer.onWritable(call.request()::resumeBody);
                }
              }

              @Override
              public void end() {
                answer.finish();
              }
            });
  }

  private static void sink(EndpointCall call) {
    call.request().receive(new LengthAnswer(call.request()));
  }

  /** As many bytes as asked for, with backpressure. */
  private static void bytes(EndpointCall call) {
    if (!call.parameter("n").matches("-?[0-9]{1,18}")) {
      call.respond(RpcResponse.of(400));
      return;
    }
    ResponseBody answer = call.request().respondStreaming(RpcResponse.of(200));
    new Runnable() {
      private long left = Math.max(0, Long.parseLong(call.parameter("n")));
      private long sent;

      @Override
      public void run() {
        while (left > 0 && answer.isWritable()) {
          int bytes = (int) Math.min(left, 32 << 10);
          // Filled at once: every access of a buffer under watch costs.
          ByteBuf part = call.request().connection().allocator().buffer(bytes);
          part.writeBytes(PATTERN, (int) (sent % 251), bytes);
          sent += bytes;
          left -= bytes;
          boolean unused = answer.write(part);
        }
        if (left == 0) {
          left = -1;
          answer.finish();
        } else if (left > 0) {
          answer.onWritable(this);
        }
      }
    }.run();
  }

  private static void trailers(EndpointCall call) {
    ResponseBody answer = call.request().respondStreaming(RpcResponse.of(200));
    boolean unused = answer.write(Unpooled.copiedBuffer("body", StandardCharsets.US_ASCII));
    answer.finish(RpcResponse.of(200).header("x-sum", "42"));
  }

  private static void trailersBack(EndpointCall call) {
    call.request()
        .receiveWhole(
            body ->
                call.respond(
                    RpcResponse.text(call.request().trailers().first("x-sum").orElse("none"))));
  }

  private static void lateFailure(EndpointCall call) {
    ResponseBody answer = call.request().respondStreaming(RpcResponse.of(200));
    boolean unused = answer.write(Unpooled.copiedBuffer("begun", StandardCharsets.US_ASCII));
    fail();
  }

  private static void declared(EndpointCall call, int length, String text) {
    ResponseBody answer =
        call.request()
            .respondStreaming(
                RpcResponse.of(200).header("Content-Length", Integer.toString(length)));
    boolean unused = answer.write(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    answer.finish();
  }

  private void await(EndpointCall call) {
    RpcContext request = call.request();
    request.onCancel(cancelled::add);
    waiting.put(request.path(), request);
    begun.add(request);
  }
}
