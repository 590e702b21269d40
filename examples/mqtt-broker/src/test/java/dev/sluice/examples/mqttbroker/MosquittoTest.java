// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.nodetest.SluiceNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The clients of Mosquitto at a node's socket: plain, over TLS, and with certificates. */
@Timeout(120)
class MosquittoTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final MqttBroker protocol = new MqttBroker();

  @RegisterExtension final SluiceNode node = SluiceNode.with(protocol).tls().mutualTls();

  private final List<Process> started = new ArrayList<>();

  @TempDir private Path folder;
  private int port;
  private List<String> security = List.of();

  @BeforeEach
  void needsTheClients() {
    for (String tool : List.of("mosquitto_pub", "mosquitto_sub")) {
      assumeTrue(
          Stream.of(System.getenv("PATH").split(":"))
              .anyMatch(path -> Files.isExecutable(Path.of(path, tool))),
          tool + " is not installed");
    }
    port = node.plainAddress().getPort();
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    for (Process process : started) {
      process.destroyForcibly().waitFor();
    }
    assertThat(node.awaitClosed()).isNotNull();
    assertThat(protocol.broker("default").isEmpty()).isTrue();
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).as(what).isNegative();
      LockSupport.parkNanos(2_000_000);
    }
  }

  private Process client(String tool, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(tool, "-h", "localhost", "-p", "" + port));
    command.addAll(security);
    command.addAll(Arrays.asList(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    started.add(process);
    return process;
  }

  private void publish(String... arguments) throws Exception {
    Process process = client("mosquitto_pub", arguments);
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }

  /** A subscriber's output; it may not have subscribed yet. */
  private BufferedReader subscriber(String... arguments) throws IOException {
    return lines(client("mosquitto_sub", arguments));
  }

  private static BufferedReader lines(Process process) {
    return new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
  }

  /** Publishes until the subscriber, which may not have subscribed yet, has heard it. */
  private void greet(BufferedReader subscriber, String topic, String... arguments)
      throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!subscriber.ready()) {
      assertThat(System.nanoTime() - deadline).as("nothing is heard").isNegative();
      List<String> all = new ArrayList<>(List.of("-t", topic, "-m", "hello"));
      all.addAll(Arrays.asList(arguments));
      publish(all.toArray(String[]::new));
    }
    assertThat(line(subscriber)).isEqualTo(topic + " hello");
  }

  private static String line(BufferedReader subscriber) throws IOException {
    await(
        "the subscriber hears something",
        () -> {
          try {
            return subscriber.ready();
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
    return subscriber.readLine();
  }

  /** What is heard behind greetings. */
  private static String next(BufferedReader subscriber) throws IOException {
    String line = line(subscriber);
    while (line.endsWith(" hello")) {
      line = line(subscriber);
    }
    return line;
  }

  private void talks(String version) throws Exception {
    BufferedReader first = subscriber("-V", version, "-v", "-t", "news/#", "-q", "1");
    BufferedReader second = subscriber("-V", version, "-v", "-t", "news/+", "-q", "2");
    greet(first, "news/a", "-V", version);
    greet(second, "news/a", "-V", version);
    for (String qos : List.of("0", "1", "2")) {
      publish("-V", version, "-t", "news/b", "-m", "with " + qos, "-q", qos);
      assertThat(next(first)).isEqualTo("news/b with " + qos);
      assertThat(next(second)).isEqualTo("news/b with " + qos);
    }
    String large = "x".repeat(200_000);
    Path file = Files.writeString(folder.resolve("large"), large);
    publish("-V", version, "-t", "news/large", "-q", "1", "-f", file.toString());
    assertThat(next(first)).isEqualTo("news/large " + large);
    publish("-V", version, "-t", "kept", "-r", "-m", "retained");
    assertThat(line(subscriber("-V", version, "-v", "-t", "kept", "-C", "1")))
        .isEqualTo("kept retained");
  }

  @Test
  void version311() throws Exception {
    talks("mqttv311");
  }

  @Test
  void version5() throws Exception {
    talks("mqttv5");
  }

  @Test
  void overTls() throws Exception {
    port = node.tlsAddress().getPort();
    security = List.of("--cafile", node.certificateFile().toString());
    talks("mqttv5");
  }

  @Test
  void withCertificatesOnBothSides() throws Exception {
    port = node.mutualTlsAddress().getPort();
    String authority = node.certificateFile().toString();
    security =
        List.of(
            "--cafile",
            authority,
            "--cert",
            node.clientCertificateFile().toString(),
            "--key",
            node.clientKeyFile().toString());
    talks("mqttv311");
    security = List.of("--cafile", authority);
    Process without = client("mosquitto_pub", "-t", "a", "-m", "x", "-q", "1");
    assertThat(new String(without.getInputStream().readAllBytes(), UTF_8)).isNotEmpty();
    assertThat(without.waitFor()).isNotZero();
  }

  @Test
  void aWillIsHeardWhenItsClientIsKilled() throws Exception {
    BufferedReader hears = subscriber("-v", "-t", "wills");
    greet(hears, "wills");
    Process mortal =
        client("mosquitto_sub", "-v", "-t", "x", "--will-topic", "wills", "--will-payload", "gone");
    greet(lines(mortal), "x");
    mortal.destroyForcibly();
    assertThat(next(hears)).isEqualTo("wills gone");
  }

  @Test
  void manyMessagesFromManyClientsAllArrive() throws Exception {
    int publishers = 4;
    int each = 500;
    BufferedReader hears = subscriber("-v", "-t", "many/#", "-q", "1");
    greet(hears, "many/start");
    List<Process> all = new ArrayList<>();
    for (int i = 0; i < publishers; i++) {
      Process process = client("mosquitto_pub", "-t", "many/" + i, "-q", "1", "-l");
      for (int line = 0; line < each; line++) {
        process.getOutputStream().write((line + "\n").getBytes(UTF_8));
      }
      process.getOutputStream().close();
      all.add(process);
    }
    Set<String> heard = new HashSet<>();
    int[] last = {-1, -1, -1, -1};
    while (heard.size() < publishers * each) {
      String line = next(hears);
      heard.add(line);
      int from = line.charAt(5) - '0';
      int number = Integer.parseInt(line.substring(7));
      assertThat(number).as("in order, from " + from).isEqualTo(++last[from]);
    }
    for (Process process : all) {
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }
  }
}
