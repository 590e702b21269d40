// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.platform.Distribution.Run;
import dev.sluice.platform.plugin.PluginJars;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a node writes to its log, in which form, and what nobody can make it write. */
class LogsIT {

  private static final String[] ANYWHERE = {
    "--set=network.rpc_interfaces.https.bind_address=127.0.0.1:0",
    "--set=network.rpc_interfaces.http.bind_address=127.0.0.1:0",
    "--set=network.rpc_interfaces.operator.bind_address=127.0.0.1:0",
    "--set=network.rpc_interfaces.echo.bind_address=127.0.0.1:0"
  };

  /** What could end a line, forge one, or steer a terminal. */
  private static final String FORGED =
      "one\\ntwo\\r\\n2026-01-01T00:00:00.000Z INFO forged\\u001b[2Jthree\\u0085four\\u2028five\\u009b6";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"text", "json"})
  void badClientsLeaveNoLine(String format) throws Exception {
    try (Run run = run("--log-format", format)) {
      InetSocketAddress secured = Client.loopback(run.awaitOut("https +tls +(\\S+) "));
      InetSocketAddress plain = Client.loopback(run.awaitOut("http +tcp +(\\S+) "));
      for (int i = 0; i < 100; i++) {
        // A handshake that is none, one that is broken off, one that a wrong record ends.
        talk(secured, "GET / HTTP/1.1\r\nHost: a\r\n\r");
        talk(secured, "\u0016\u0003\u0001\u0002\u0000\u0001");
        talk(secured, "");
        // Requests that are none, that lie, that break off.
        talk(plain, "\u0000\u0001\u0002\r\n\r");
        talk(plain, "GET / HTTP/9.9\r\nHost: a\r\n\r");
        talk(plain, "GET /\u001b[2J\nINFO forged HTTP/1.1\r\nHost: a\r\n\r");
        talk(plain, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r");
        talk(plain, "GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(40_000) + "\r\n\r");
        talk(plain, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf");
      }
      run.signal("TERM");
      assertThat(run.awaitEnd()).isEqualTo(143);
      // The four that listen, the certificate, and the end.
      assertThat(run.err().lines()).hasSize(6);
      assertThat(run.err()).contains("listens on", "stopped; ").doesNotContain("forged");
    }
  }

  /** Says something, and goes as soon as the node has answered, or at once. */
  private static void talk(InetSocketAddress address, String text) throws IOException {
    try (Client client = Client.plain(address)) {
      client.say(text);
      if (text.endsWith("\r")) {
        client.end();
      }
    } catch (IOException closedAlready) {
      // It was quicker to refuse than this to speak.
    }
  }

  @Test
  void inTextAnEventIsALineWhateverIsInIt() throws Exception {
    try (Run run = run("--plugins-dir", shouting().toString())) {
      run.awaitOut("loud +tcp +(\\S+) ");
      run.signal("TERM");
      assertThat(run.awaitEnd()).isEqualTo(143);
      List<String> lines = run.err().lines().toList();
      assertThat(lines).allMatch(line -> line.matches("\\d{4}-\\d\\d-\\d\\dT\\S+ (INFO|WARN) .*"));
      assertThat(lines)
          .filteredOn(line -> line.contains("one"))
          .first()
          .asString()
          .endsWith(
              "one | two | 2026-01-01T00:00:00.000Z INFO forged | [2Jthree | four | five | 6");
      assertThat(lines)
          .filteredOn(line -> line.contains("failed to stop"))
          .singleElement()
          .asString()
          .contains("java.lang.IllegalStateException: one | two", " | at loud.jar//p.Loud.stop");
    }
  }

  @Test
  void inJsonAnEventIsAnObjectWhateverIsInIt() throws Exception {
    try (Run run =
        run(Map.of("SLUICE_LOG_FORMAT", "json"), "--plugins-dir", shouting().toString())) {
      run.awaitOut("loud +tcp +(\\S+) ");
      run.signal("TERM");
      assertThat(run.awaitEnd()).isEqualTo(143);
      List<JsonNode> events = new ArrayList<>();
      for (String line : run.err().lines().toList()) {
        events.add(new ObjectMapper().readTree(line));
      }
      assertThat(events)
          .allSatisfy(
              event -> {
                assertThat(event.get("timestamp").asLong()).isPositive();
                assertThat(event.get("level").asText()).isIn("INFO", "WARN");
                assertThat(event.get("loggerName").asText()).isNotEmpty();
                assertThat(event.get("threadName").asText()).isNotEmpty();
                assertThat(event.get("formattedMessage").asText()).isNotEmpty();
              });
      assertThat(events)
          .filteredOn(event -> event.get("formattedMessage").asText().startsWith("one\ntwo"))
          .isNotEmpty();
      assertThat(events)
          .filteredOn(event -> !event.get("throwable").isNull())
          .singleElement()
          .satisfies(
              event -> {
                assertThat(event.at("/throwable/message").asText()).startsWith("one\ntwo");
                assertThat(event.at("/throwable/stepArray/0/methodName").asText())
                    .isEqualTo("stop");
              });
    }
  }

  @Test
  void theLevelIsChosenByOptionOrEnvironment() throws Exception {
    try (Run run = run(Map.of("SLUICE_LOG_LEVEL", "error"))) {
      run.awaitOut("http +tcp +(\\S+) ");
      run.signal("TERM");
      assertThat(run.awaitEnd()).isEqualTo(143);
      assertThat(run.err()).isEmpty();
    }
    try (Run run = run(Map.of("SLUICE_LOG_LEVEL", "error"), "--log-level", "debug")) {
      run.awaitOut("http +tcp +(\\S+) ");
      run.signal("TERM");
      assertThat(run.awaitEnd()).isEqualTo(143);
      assertThat(run.err()).contains(" DEBUG ", "Snapshot[");
    }
    Run wrong = Distribution.end(folder, "run", "--log-format=xml");
    assertThat(wrong.status()).isEqualTo(2);
    assertThat(wrong.err()).isEqualTo("sluice: --log-format: found 'xml', allowed: text, json\n");
  }

  private Run run(String... arguments) throws IOException {
    return run(Map.of(), arguments);
  }

  private Run run(Map<String, String> environment, String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of("run"));
    if (Files.exists(folder.resolve("loud.yaml"))) {
      all.addAll(List.of("--config", folder.resolve("loud.yaml").toString()));
    } else {
      all.addAll(List.of(ANYWHERE));
    }
    all.addAll(List.of(arguments));
    return Distribution.start(folder, environment, all.toArray(String[]::new));
  }

  /** A protocol that logs what it should not, and fails with it. */
  private Path shouting() throws IOException {
    Path plugins = Files.createDirectory(folder.resolve("plugins"));
    PluginJars.jar("loud.jar")
        .protocol(
            "p.Loud",
            "LOUD",
            """
              public void start(NodeContext context) {
                org.slf4j.LoggerFactory.getLogger("p.Loud").warn("TEXT");
              }
              public void stop() { throw new IllegalStateException("TEXT"); }
            """
                .replace("TEXT", FORGED))
        .writeTo(plugins);
    Files.writeString(
        folder.resolve("loud.yaml"),
        "network: { rpc_interfaces: { loud: { bind_address: '127.0.0.1:0', app_protocol: LOUD } } }");
    return plugins;
  }
}
