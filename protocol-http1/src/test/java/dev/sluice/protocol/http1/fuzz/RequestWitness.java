// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.rpc.BodyReceiver;
import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcMap;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.api.rpc.RpcService;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.testkit.InMemoryConnection;
import dev.sluice.testkit.InMemoryPlatform;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/** A server in memory that writes down which requests it is asked, on the real session. */
public final class RequestWitness implements RpcHandler {

  /** Small, so that short inputs reach them. */
  private static final HttpConfiguration LIMITS = limits();

  private final List<ReadMessage> read = new ArrayList<>();
  private final List<String> events = new ArrayList<>();
  private final Deque<RpcContext> unanswered = new ArrayDeque<>();

  /** Of the client's bytes; less than 0 once all have come, some of which may have waited. */
  private int fed;

  /**
   * What came of a client's bytes.
   *
   * @param read requests that came whole
   * @param events all that the application heard, in order
   * @param answers what the client got, in Latin-1 and but for what depends on when its bytes came
   * @param end how the connection ended
   * @param counters of the interface
   */
  public record Outcome(
      List<ReadMessage> read,
      List<String> events,
      String answers,
      String end,
      Map<String, Long> counters) {}

  private final boolean late;

  private RequestWitness(boolean late) {
    this.late = late;
  }

  private static HttpConfiguration limits() {
    Settings settings = new Settings();
    settings.maxBody = 600;
    settings.maxAggregated = 600;
    settings.maxHeader = 400;
    settings.maxCount = 12;
    settings.maxTarget = 200;
    settings.maxPipelined = 3;
    return settings.build();
  }

  /** Sends the pieces one after the other, has all requests answered and ends the connection. */
  public static Outcome of(CustomProtocolSubsystem protocol, List<byte[]> pieces) {
    return new RequestWitness(false).serve(protocol, pieces);
  }

  /** As above, but that no request is answered before all pieces have come. */
  public static Outcome late(CustomProtocolSubsystem protocol, List<byte[]> pieces) {
    return new RequestWitness(true).serve(protocol, pieces);
  }

  private Outcome serve(CustomProtocolSubsystem protocol, List<byte[]> pieces) {
    String answers;
    String end;
    Map<String, Long> counters;
    try (InMemoryPlatform platform = new InMemoryPlatform(protocol)) {
      platform.rpc(new RpcMap(LIMITS, List.of(RpcService.of(this))));
      InMemoryConnection connection = platform.connect();
      for (byte[] piece : pieces) {
        fed += piece.length;
        connection.feed(piece);
      }
      answerLate(connection);
      connection.endInput();
      answerLate(connection);
      answers = new String(connection.received(), ISO_8859_1);
      end = connection.closed() + " " + connection.note();
      counters = connection.counters();
    }
    return new Outcome(read, events, settled(answers), end, counters);
  }

  /** A client that has begun to send is not told to go on; and time passes. */
  private static String settled(String answers) {
    return answers.replace("HTTP/1.1 100 Continue\r\n\r\n", "").replaceAll("date: [^\r]*\r\n", "");
  }

  private void answerLate(InMemoryConnection connection) {
    fed = -1;
    RpcContext next;
    while ((next = unanswered.poll()) != null) {
      boolean unused = next.respond(RpcResponse.text("late"));
      connection.runAll();
    }
  }

  @Override
  public String name() {
    return "witness";
  }

  @Override
  public List<String> prefixes() {
    return List.of("/", "*");
  }

  @Override
  public Execution execution() {
    return Execution.EVENT_LOOP;
  }

  /** Requests below /late are answered when all bytes have come. */
  @Override
  public void handle(RpcContext request) {
    String target = request.path() + request.query().map(query -> "?" + query).orElse("");
    String line = request.method() + ' ' + target;
    List<String> fields = ReadMessage.texts(request.headers());
    events.add(line + ' ' + request.protocol() + ' ' + request.authority() + ' ' + fields);
    StringBuilder body = new StringBuilder();
    request.onCancel(reason -> events.add("cancelled " + reason + " behind " + body));
    request.receive(
        new BodyReceiver() {
          @Override
          public void part(ByteBuf data) {
            body.append(data.toString(ISO_8859_1));
          }

          @Override
          public void end() {
            List<String> trailers = ReadMessage.texts(request.trailers());
            read.add(new ReadMessage(line, fields, body.toString(), trailers, fed));
            events.add("end " + body + ' ' + trailers);
            if (late || target.startsWith("/late")) {
              unanswered.add(request);
            } else {
              boolean unused = request.respond(RpcResponse.text("now"));
            }
          }
        });
  }
}
