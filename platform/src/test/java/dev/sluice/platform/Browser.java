// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A headless Chromium with one page, spoken to by its DevTools protocol. */
final class Browser implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final WebSocket socket;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> asked;

  private Browser(
      Process process, WebSocket socket, Map<Integer, CompletableFuture<JsonNode>> asked) {
    this.process = process;
    this.socket = socket;
    this.asked = asked;
  }

  static Optional<Path> program() {
    return List.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
        .stream()
        .map(Path::of)
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * @param profile empty; is filled
   */
  static Browser open(Path program, Path profile, String url) throws Exception {
    Process process =
        new ProcessBuilder(
                program.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--window-size=1280,900",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                url)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      Path port = profile.resolve("DevToolsActivePort");
      Waiting.until("the browser is up", () -> lines(port) >= 2);
      String address = "127.0.0.1:" + Files.readAllLines(port).get(0);
      Map<Integer, CompletableFuture<JsonNode>> asked = new ConcurrentHashMap<>();
      WebSocket socket =
          HttpClient.newHttpClient()
              .newWebSocketBuilder()
              .buildAsync(URI.create(pageSocket(address)), new Replies(asked))
              .get(Waiting.PATIENCE.toSeconds(), TimeUnit.SECONDS);
      return new Browser(process, socket, asked);
    } catch (Exception | Error e) {
      end(process);
      throw e;
    }
  }

  private static int lines(Path file) {
    try {
      return Files.exists(file) ? Files.readAllLines(file).size() : 0;
    } catch (IOException beingWritten) {
      return 0;
    }
  }

  private static String pageSocket(String address) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address + "/json"))
            .timeout(Waiting.PATIENCE)
            .build();
    String targets =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    for (JsonNode target : JSON.readTree(targets)) {
      if (target.get("type").asText().equals("page")) {
        return target.get("webSocketDebuggerUrl").asText();
      }
    }
    throw new AssertionError("the browser has no page");
  }

  /** What an expression comes to in the page, as text. */
  String evaluate(String expression) {
    ObjectNode parameters = JSON.createObjectNode().put("expression", expression);
    return call("Runtime.evaluate", parameters).at("/result/value").asText();
  }

  byte[] screenshot() {
    return Base64.getDecoder()
        .decode(call("Page.captureScreenshot", JSON.createObjectNode()).get("data").asText());
  }

  private JsonNode call(String method, ObjectNode parameters) {
    int id = ids.incrementAndGet();
    CompletableFuture<JsonNode> reply = new CompletableFuture<>();
    asked.put(id, reply);
    ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
    message.set("params", parameters);
    try {
      socket.sendText(message.toString(), true).get(Waiting.PATIENCE.toSeconds(), TimeUnit.SECONDS);
      return reply.get(Waiting.PATIENCE.toSeconds(), TimeUnit.SECONDS).path("result");
    } catch (Exception e) {
      throw new AssertionError(method, e);
    }
  }

  /** Puts messages together and hands each to who has asked. */
  private static final class Replies implements WebSocket.Listener {
    private final Map<Integer, CompletableFuture<JsonNode>> asked;
    private final StringBuilder text = new StringBuilder();

    Replies(Map<Integer, CompletableFuture<JsonNode>> asked) {
      this.asked = asked;
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        try {
          JsonNode message = JSON.readTree(text.toString());
          CompletableFuture<JsonNode> reply = asked.remove(message.path("id").asInt());
          if (reply != null) {
            reply.complete(message);
          }
        } catch (IOException e) {
          throw new AssertionError(e);
        } finally {
          text.setLength(0);
        }
      }
      from.request(1);
      return CompletableFuture.completedFuture(null);
    }
  }

  @Override
  public void close() {
    socket.abort();
    end(process);
  }

  /** With its children. */
  private static void end(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      process.waitFor(Waiting.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
