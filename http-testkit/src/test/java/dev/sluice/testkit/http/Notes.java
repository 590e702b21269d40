// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.api.Execution;
import dev.sluice.api.Setting;
import dev.sluice.api.rpc.ApplicationContext;
import dev.sluice.api.rpc.BodyReceiver;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.EndpointCall;
import dev.sluice.protocol.http.EndpointHandler;
import dev.sluice.protocol.http.Endpoints;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps notes, and answers in every way that an application may. */
public class Notes extends EndpointHandler {

  static final int LARGE = 250_000;

  /** What an operator may decide. */
  public record Settings(
      @Setting(description = "What to say where there is no note.", defaultValue = "nothing")
          String missing) {}

  private final Execution execution;
  private final Map<String, String> notes = new ConcurrentHashMap<>();
  private String missing = "";
  boolean stopped;

  /** As a node makes it. */
  public Notes() {
    this(Execution.WORKERS);
  }

  Notes(Execution execution) {
    super("notes", "/notes");
    this.execution = execution;
  }

  @Override
  public Execution execution() {
    return execution;
  }

  @Override
  public Optional<Class<? extends Record>> settingsType() {
    return Optional.of(Settings.class);
  }

  @Override
  protected void init(ApplicationContext context) {
    missing = context.settings(Settings.class).missing();
  }

  @Override
  public void stop() {
    stopped = true;
  }

  @Override
  protected void endpoints(Endpoints to) {
    to.get("/notes/of/{name}", this::read);
    to.put("/notes/of/{name}", this::write);
    to.post("/notes/length", Notes::length);
    to.get("/notes/large", Notes::large);
    to.get("/notes/waiting", Notes::waiting);
    to.get("/notes/later", Notes::later);
    to.get("/notes/never", call -> {});
    to.post("/notes/held", Notes::held);
  }

  private void read(EndpointCall call) {
    String note = notes.get(call.parameter("name"));
    call.respond(RpcResponse.text(note == null ? missing : note));
  }

  private void write(EndpointCall call) {
    call.request()
        .receiveWhole(
            body -> {
              notes.put(call.parameter("name"), body.toString(UTF_8));
              call.respond(RpcResponse.of(201));
            });
  }

  private static void length(EndpointCall call) {
    call.request()
        .receive(
            new BodyReceiver() {
              private long length;

              @Override
              public void part(ByteBuf data) {
                length += data.readableBytes();
              }

              @Override
              public void end() {
                call.respond(RpcResponse.text(Long.toString(length)));
              }
            });
  }

  /** Holds back by the action. */
  private static void large(EndpointCall call) {
    ResponseBody body = call.request().respondStreaming(RpcResponse.of(200));
    body.onWritable(
        new Runnable() {
          private int left = LARGE;

          @Override
          public void run() {
            while (left > 0 && body.isWritable()) {
              int length = Math.min(left, 1_000);
              body.write(Unpooled.wrappedBuffer("x".repeat(length).getBytes(UTF_8)));
              left -= length;
            }
            if (left == 0) {
              body.finish();
            }
          }
        });
  }

  /** Holds back by waiting. */
  private static void waiting(EndpointCall call) throws InterruptedException {
    ResponseBody body = call.request().respondStreaming(RpcResponse.of(200));
    for (int left = LARGE; left > 0; left -= 1_000) {
      if (!body.awaitWritable(Duration.ofSeconds(30))) {
        body.abort();
        return;
      }
      body.write(Unpooled.wrappedBuffer("x".repeat(1_000).getBytes(UTF_8)));
    }
    body.finish();
  }

  private static void later(EndpointCall call) {
    call.request().schedule(Duration.ofSeconds(5), () -> call.respond(RpcResponse.text("later")));
  }

  /** Reads nothing of the body for a while. */
  private static void held(EndpointCall call) {
    length(call);
    call.request().pauseBody();
    call.request().schedule(Duration.ofSeconds(30), call.request()::resumeBody);
  }
}
