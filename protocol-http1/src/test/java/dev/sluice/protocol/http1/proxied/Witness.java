// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.proxied;

import dev.sluice.api.Execution;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Takes any request, remembers it, and says in its answer which one that was. */
final class Witness implements RpcHandler {

  /** A request as it has come; its body is empty where that was not read. */
  record Seen(List<String> ids, String method, String target, String body) {}

  final Queue<Seen> seen = new ConcurrentLinkedQueue<>();

  @Override
  public String name() {
    return "witness";
  }

  @Override
  public List<String> prefixes() {
    return List.of("/");
  }

  @Override
  public Execution execution() {
    return Execution.EVENT_LOOP;
  }

  @Override
  public void handle(RpcContext request) {
    if (request.path().startsWith(Attempts.EARLY)) {
      answer(request, "");
    } else {
      request.receiveWhole(body -> answer(request, body.toString(StandardCharsets.ISO_8859_1)));
    }
  }

  private void answer(RpcContext request, String body) {
    List<String> ids = request.headers().all(Proxy.FIELD);
    String target = request.path() + request.query().map(text -> "?" + text).orElse("");
    seen.add(new Seen(ids, request.method(), target, body));
    String all = String.join(",", ids);
    request.respond(RpcResponse.text("<seen " + all + ">").header(Proxy.FIELD, all));
  }
}
