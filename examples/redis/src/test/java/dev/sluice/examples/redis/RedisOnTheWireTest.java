// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.nodetest.SluiceNode;
import dev.sluice.testkit.SettingDefaults;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Redis on a node's sockets, with the clients that everybody has and with some that misbehave. */
@Timeout(120)
class RedisOnTheWireTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Redis redis = new Redis();
  private final SluiceNode node = SluiceNode.with(redis).tls();
  private int port;

  private void start(boolean tls) {
    node.start();
    port = (tls ? node.tlsAddress() : node.plainAddress()).getPort();
  }

  @AfterEach
  void close() {
    node.close();
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).as(what).isNegative();
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static void needs(String tool) {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool))),
        tool + " is not installed");
  }

  private Process process(String tool, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(tool, "-h", "127.0.0.1", "-p"));
    command.add(Integer.toString(port));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private String run(String tool, String... arguments) throws Exception {
    Process process = process(tool, arguments);
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    return said.strip();
  }

  private String cli(String... arguments) throws Exception {
    return run("redis-cli", arguments);
  }

  @Test
  void redisCliTalksToIt() throws Exception {
    needs("redis-cli");
    start(false);
    assertThat(cli("ping")).isEqualTo("PONG");
    assertThat(cli("set", "greeting", "hello")).isEqualTo("OK");
    assertThat(cli("get", "greeting")).isEqualTo("hello");
    assertThat(cli("-3", "hset", "h", "f", "v")).isEqualTo("1");
    assertThat(cli("-3", "--json", "hgetall", "h")).isEqualTo("{\"f\":\"v\"}");
    assertThat(cli("--scan", "--pattern", "g*")).isEqualTo("greeting");
    assertThat(cli("get", "h")).startsWith("WRONGTYPE");
    assertThat(cli("-a", "secret", "--no-auth-warning", "ping"))
        .contains("no password is configured");
    assertThat(cli("info")).contains("redis_version");
  }

  @Test
  void redisCliTalksToItOverTls() throws Exception {
    needs("redis-cli");
    start(true);
    assertThat(cli("--tls", "--insecure", "set", "a", "1")).isEqualTo("OK");
    assertThat(cli("--tls", "--insecure", "incr", "a")).isEqualTo("2");
  }

  @Test
  void aSubscriberHearsWhatIsPublished() throws Exception {
    needs("redis-cli");
    start(false);
    Process subscriber = process("redis-cli", "psubscribe", "news.*");
    try (BufferedReader heard =
        new BufferedReader(new InputStreamReader(subscriber.getInputStream(), UTF_8))) {
      assertThat(List.of(heard.readLine(), heard.readLine(), heard.readLine()))
          .containsExactly("psubscribe", "news.*", "1");
      assertThat(cli("publish", "news.today", "rain")).isEqualTo("1");
      assertThat(List.of(heard.readLine(), heard.readLine(), heard.readLine(), heard.readLine()))
          .containsExactly("pmessage", "news.*", "news.today", "rain");
    } finally {
      subscriber.destroy();
      subscriber.waitFor();
    }
    await(
        "it is forgotten",
        () -> redis.store("default").topics().publish(new byte[0], new byte[0]) == 0);
  }

  @Test
  void massInsertionArrivesWhole() throws Exception {
    needs("redis-cli");
    start(false);
    Process pipe = process("redis-cli", "--pipe");
    StringBuilder commands = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      String key = "key" + i;
      commands.append("*3\r\n$3\r\nSET\r\n$").append(key.length()).append("\r\n").append(key);
      commands.append("\r\n$1\r\nx\r\n");
    }
    pipe.getOutputStream().write(commands.toString().getBytes(UTF_8));
    pipe.getOutputStream().close();
    String said = new String(pipe.getInputStream().readAllBytes(), UTF_8);
    assertThat(said).contains("errors: 0, replies: 20000");
    assertThat(cli("dbsize")).isEqualTo("20000");
  }

  @Test
  void redisBenchmarkRuns() throws Exception {
    needs("redis-benchmark");
    start(false);
    String said =
        run(
            "redis-benchmark",
            "-q",
            "-n",
            "5000",
            "-c",
            "20",
            "-P",
            "8",
            "-t",
            "ping,set,get,incr,hset,mset");
    assertThat(said).contains("GET: ", "MSET (10 keys): ").doesNotContain("Error");
    assertThat(node.figures("plain").errors()).isEmpty();
  }

  @Test
  void clientsOnSeveralLoopsCountTogether() throws Exception {
    start(false);
    int clients = 4;
    int each = 5_000;
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      Socket socket = connect();
      sockets.add(socket);
      socket.getOutputStream().write("INCR n\r\n".repeat(each).getBytes(UTF_8));
    }
    for (Socket socket : sockets) {
      BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      long before = 0;
      for (int i = 0; i < each; i++) {
        long now = Long.parseLong(in.readLine().substring(1));
        assertThat(now).isGreaterThan(before);
        before = now;
      }
      socket.close();
    }
    try (Socket socket = connect()) {
      socket.getOutputStream().write("GET n\r\n".getBytes(UTF_8));
      assertThat(new String(socket.getInputStream().readNBytes(11), UTF_8))
          .isEqualTo("$5\r\n20000\r\n");
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout((int) PATIENCE.toMillis());
    return socket;
  }

  @Test
  void aSubscriberThatNeverReadsIsEndedAndTheOthersHearEverything() throws Exception {
    start(false);
    try (Socket slow = connect();
        Socket quick = connect();
        Socket publisher = connect()) {
      for (Socket subscriber : List.of(slow, quick)) {
        subscriber.getOutputStream().write("SUBSCRIBE c\r\n".getBytes(UTF_8));
      }
      int confirmed = "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n".length();
      quick.getInputStream().readNBytes(confirmed);
      slow.getInputStream().readNBytes(confirmed);
      byte[] message =
          ("*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$100000\r\n" + "x".repeat(100_000) + "\r\n")
              .getBytes(UTF_8);
      int length = "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$100000\r\n\r\n".length() + 100_000;
      while (node.counter("slow_subscriber") == 0) {
        publisher.getOutputStream().write(message);
        publisher.getInputStream().readNBytes(4);
        assertThat(quick.getInputStream().readNBytes(length)).hasSize(length);
      }
      publisher.getOutputStream().write(message);
      assertThat(new String(publisher.getInputStream().readNBytes(4), UTF_8)).isEqualTo(":1\r\n");
      assertThat(node.figures("plain").closes()).containsKey("slow_consumer");
    }
  }

  @Test
  void aLongAnswerReachesASlowReaderWhole() throws Exception {
    start(false);
    int length = SettingDefaults.of(RedisSettings.class).maxBulkLength().toIntSaturated();
    try (Socket socket = connect()) {
      socket.setReceiveBufferSize(16 << 10);
      byte[] value = new byte[length];
      new Random(1).nextBytes(value);
      socket
          .getOutputStream()
          .write(("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$" + length + "\r\n").getBytes(UTF_8));
      socket.getOutputStream().write(value);
      socket.getOutputStream().write("\r\nMGET a a a a\r\nPING\r\n".getBytes(UTF_8));
      String head = "+OK\r\n*4\r\n";
      assertThat(new String(socket.getInputStream().readNBytes(head.length()), UTF_8))
          .isEqualTo(head);
      for (int i = 0; i < 4; i++) {
        socket.getInputStream().readNBytes(("$" + length + "\r\n").length());
        assertThat(socket.getInputStream().readNBytes(length)).isEqualTo(value);
        socket.getInputStream().readNBytes(2);
      }
      assertThat(new String(socket.getInputStream().readNBytes(7), UTF_8)).isEqualTo("+PONG\r\n");
    }
  }

  @Test
  void garbageIsSurvived() throws Exception {
    node.settings("max_memory: 1MB\nmax_bulk_length: 64KB\nmax_arguments: 100");
    start(false);
    Random random = new Random(4711);
    byte[] command = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$2\r\n41\r\n".getBytes(UTF_8);
    for (int i = 0; i < 300; i++) {
      try (Socket socket = connect()) {
        byte[] garbage = command.clone();
        for (int changes = random.nextInt(6); changes > 0; changes--) {
          garbage[random.nextInt(garbage.length)] = (byte) random.nextInt();
        }
        socket.getOutputStream().write(garbage);
        socket.shutdownOutput();
        socket.getInputStream().readAllBytes();
      } catch (SocketException e) {
        // Ended in mid-write, as it may be.
      }
    }
    try (Socket socket = connect()) {
      socket.getOutputStream().write("PING\r\n".getBytes(UTF_8));
      assertThat(new String(socket.getInputStream().readNBytes(7), UTF_8)).isEqualTo("+PONG\r\n");
    }
  }
}
