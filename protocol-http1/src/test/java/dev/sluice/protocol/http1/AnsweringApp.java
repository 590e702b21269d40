// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.Execution;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcHeaders;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Answers as a test says, whatever the method, and remembers what it was asked. */
public final class AnsweringApp implements RpcHandler {

  /** A request as it has come. */
  public record Seen(
      String method, String target, String authority, RpcHeaders headers, String body) {}

  /** Called with the whole request, on the loop. */
  @FunctionalInterface
  public interface Answer {
    void to(RpcContext request);
  }

  public final List<Seen> seen = new CopyOnWriteArrayList<>();
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();

  /** Of a path; the query is nothing to it. */
  public AnsweringApp on(String path, Answer answer) {
    answers.put(path, answer);
    return this;
  }

  public Seen last() {
    return seen.get(seen.size() - 1);
  }

  @Override
  public String name() {
    return "answering";
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
    request.receiveWhole(
        body -> {
          seen.add(
              new Seen(
                  request.method(),
                  request.path() + request.query().map(text -> "?" + text).orElse(""),
                  request.authority(),
                  request.headers(),
                  body.toString(StandardCharsets.UTF_8)));
          answers.get(request.path()).to(request);
        });
  }
}
