// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.loggingapp;

import com.google.auto.service.AutoService;
import dev.sluice.api.ScheduledTask;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.EndpointCall;
import dev.sluice.protocol.http.EndpointHandler;
import dev.sluice.protocol.http.Endpoints;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Keeps the last {@value #MESSAGES} messages in memory, and shows what else an application may do:
 * take and give bodies of any length part by part, answer later without a thread that waits, and
 * know who asks.
 */
@AutoService(RpcHandler.class)
public final class LoggingApp extends EndpointHandler {

  static final int MESSAGES = 10_000;

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_.-]{1,128}");
  private static final int LONGEST_WAIT = 30_000;
  private static final long LONGEST_FILE = 10L << 30;

  private final MessageLog log = new MessageLog(MESSAGES);

  /** For the service loader. */
  public LoggingApp() {
    super("app", "/app");
  }

  @Override
  protected void endpoints(Endpoints to) {
    to.post("/app/log/{id}", this::record)
        .get("/app/log/{id}", this::read)
        .delete("/app/log/{id}", this::forget)
        .put("/app/upload", call -> call.request().receive(new Upload(call.request())))
        .get("/app/download/{bytes}", LoggingApp::download)
        .get("/app/slow/{millis}", LoggingApp::slow)
        .get("/app/whoami", LoggingApp::whoAmI);
  }

  private void record(EndpointCall call) {
    String id = call.parameter("id");
    if (!ID.matcher(id).matches()) {
      call.respond(
          Json.problem(400, "invalid_id", "An id has 1 to 128 of A-Z, a-z, 0-9, _, . and -."));
      return;
    }
    Optional<String> author = caller(call.request());
    call.request()
        .receiveWhole(
            body -> {
              String text = body.toString(StandardCharsets.UTF_8);
              boolean added = log.put(id, new MessageLog.Message(text, author));
              String answer =
                  "{\"id\":" + Json.quoted(id) + ",\"bytes\":" + body.readableBytes() + "}\n";
              call.respond(Json.response(added ? 201 : 200, answer));
            });
  }

  private void read(EndpointCall call) {
    Optional<MessageLog.Message> found = log.get(call.parameter("id"));
    if (found.isEmpty()) {
      call.respond(Json.problem(404, "no_message", "There is no message of this id."));
      return;
    }
    RpcResponse response = RpcResponse.text(found.get().text());
    found.get().author().ifPresent(author -> response.header("x-author", Json.ascii(author)));
    call.respond(response);
  }

  private void forget(EndpointCall call) {
    boolean there = log.remove(call.parameter("id"));
    call.respond(
        there
            ? RpcResponse.of(204)
            : Json.problem(404, "no_message", "There is no message of this id."));
  }

  private static void download(EndpointCall call) {
    long bytes = number(call.parameter("bytes"), LONGEST_FILE);
    if (bytes < 0) {
      call.respond(Json.problem(400, "invalid_length", "A length has at most 10 GiB."));
    } else {
      Download.start(call.request(), bytes);
    }
  }

  /** No thread waits: the connection's loop calls again when it is time. */
  private static void slow(EndpointCall call) {
    RpcContext request = call.request();
    long millis = number(call.parameter("millis"), LONGEST_WAIT);
    if (millis < 0) {
      call.respond(Json.problem(400, "invalid_time", "At most 30000 milliseconds."));
      return;
    }
    ScheduledTask answer =
        request
            .connection()
            .schedule(
                Duration.ofMillis(millis),
                () -> call.respond(RpcResponse.text("after " + millis + " ms\n")));
    request.onCancel(reason -> answer.cancel());
  }

  private static void whoAmI(EndpointCall call) {
    RpcContext request = call.request();
    String tls = request.connection().tls().map(agreed -> agreed.version()).orElse("plain");
    String caller = caller(request).orElse("anonymous");
    call.respond(RpcResponse.text(caller + " by " + request.protocol() + ", " + tls + "\n"));
  }

  /**
   * The name in the client's certificate. Where the interface does not require one nobody has
   * vouched for it.
   */
  private static Optional<String> caller(RpcContext request) {
    return request
        .connection()
        .tls()
        .flatMap(tls -> tls.peerCertificates().stream().findFirst())
        .map(certificate -> certificate.getSubjectX500Principal().getName());
  }

  /** Negative where the text is no number up to the largest. */
  private static long number(String text, long largest) {
    if (text.isEmpty() || text.length() > 18 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return -1;
    }
    long number = Long.parseLong(text);
    return number <= largest ? number : -1;
  }
}
