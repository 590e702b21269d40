// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks.rawecho;

import dev.sluice.api.Execution;
import dev.sluice.api.rpc.BodyReceiver;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.EndpointCall;
import dev.sluice.protocol.http.EndpointHandler;
import dev.sluice.protocol.http.Endpoints;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * The application {@code bench}: answers that cost next to nothing to make, so that what is
 * measured is the node's.
 */
public final class BenchApplication extends EndpointHandler {

  /** What a download is made of. */
  private static final int PART = 64 << 10;

  /** Four routes each. */
  private static final int THINGS = 50;

  private static final ByteBuf ZEROS =
      Unpooled.unreleasableBuffer(Unpooled.directBuffer(PART).writeZero(PART).asReadOnly());

  /** For the service loader. */
  public BenchApplication() {
    super("bench", "/hello", "/bytes", "/sink", "/echo", "/api");
  }

  /** It only computes. */
  @Override
  public Execution execution() {
    return Execution.EVENT_LOOP;
  }

  @Override
  protected void endpoints(Endpoints to) {
    to.get("/hello", BenchApplication::hello)
        .get("/bytes/{n}", call -> new Download(call).run())
        .post("/sink", call -> call.request().receive(new Sink(call.request())))
        .post("/echo", BenchApplication::echo);
    for (int i = 0; i < THINGS; i++) {
      String thing = "/api/v1/things" + i;
      to.get(thing, BenchApplication::hello)
          .get(thing + "/{id}", BenchApplication::hello)
          .get(thing + "/{id}/parts", BenchApplication::hello)
          .get(thing + "/{id}/parts/{part}", BenchApplication::hello);
    }
  }

  static void hello(EndpointCall call) {
    call.respond(RpcResponse.of(200).header("content-type", "text/plain").body("Hello, World!"));
  }

  private static void echo(EndpointCall call) {
    call.request().receiveWhole(body -> call.respond(RpcResponse.of(200).body(body.retain())));
  }

  private static final class Download implements Runnable {
    private final ResponseBody body;
    private long left;

    Download(EndpointCall call) {
      String bytes = call.parameter("n");
      left = Long.parseLong(bytes);
      body = call.request().respondStreaming(RpcResponse.of(200).header("content-length", bytes));
    }

    @Override
    public void run() {
      while (left > 0 && body.isWritable()) {
        int bytes = (int) Math.min(left, PART);
        left -= bytes;
        boolean unused = body.write(ZEROS.slice(0, bytes));
      }
      if (left > 0) {
        body.onWritable(this);
      } else {
        body.finish();
      }
    }
  }

  private static final class Sink implements BodyReceiver {
    private final RpcContext request;
    private long length;

    Sink(RpcContext request) {
      this.request = request;
    }

    @Override
    public void part(ByteBuf data) {
      length += data.readableBytes();
    }

    @Override
    public void end() {
      boolean unused = request.respond(RpcResponse.of(200).body(Long.toString(length)));
    }
  }
}
