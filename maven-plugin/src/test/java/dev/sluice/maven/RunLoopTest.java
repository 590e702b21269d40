// SPDX-License-Identifier: Apache-2.0
package dev.sluice.maven;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.examples.lineecho.LineEcho;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A project of classes without a jar, on a node in a process of its own. */
class RunLoopTest {

  private static final List<String> OWN =
      List.of("LineEcho.class", "LineEchoSession.class", "LineEchoSettings.class");

  private static final String SERVICE = "META-INF/services/dev.sluice.api.CustomProtocolSubsystem";

  @TempDir Path folder;

  private final ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();
  private Path classes;
  private Path output;
  private RunLoop loop;
  private FutureTask<Integer> running;

  @BeforeEach
  void project() throws Exception {
    classes = folder.resolve("classes");
    output = Files.createFile(folder.resolve("output"));
    for (String name : OWN) {
      Path to = classes.resolve("dev/sluice/examples/lineecho").resolve(name);
      Files.createDirectories(to.getParent());
      try (InputStream in = LineEcho.class.getResourceAsStream(name)) {
        Files.write(to, in.readAllBytes());
      }
    }
    Files.createDirectories(classes.resolve("META-INF/services"));
    Files.writeString(classes.resolve(SERVICE), LineEcho.class.getName() + "\n");
    configure("127.0.0.1:0");
    loop = loop(Map.of("Sluice-Api-Version", "1.0"));
    running = new FutureTask<>((Callable<Integer>) loop::run);
  }

  @AfterEach
  void end() {
    loop.end();
  }

  @Test
  void classesAreServedAndServedAnewWhenTheyChange() throws Exception {
    start();
    int first = await(this::port);
    assertThat(echo(first)).isEqualTo("hello\n");

    try (Socket open = new Socket(InetAddress.getLoopbackAddress(), first)) {
      Files.delete(folder.resolve("addresses"));
      Files.writeString(classes.resolve("changed"), "");
      assertThat(open.getInputStream().read()).as("the node ends what is open").isEqualTo(-1);
    }

    assertThat(echo(await(this::port))).isEqualTo("hello\n");
    assertThat(told).hasSize(1).first().asString().startsWith("The project has changed");
    loop.end();
    assertThat(running.get(60, TimeUnit.SECONDS)).isZero();
  }

  @Test
  void aConfigurationThatIsWrongEndsTheFirstStartAndWaitsInALaterOne() throws Exception {
    start();
    await(this::port);
    Files.delete(folder.resolve("addresses"));

    configure("127.0.0.1:70000");
    await(() -> told.stream().anyMatch(line -> line.contains("can't run")) ? true : null);
    assertThat(Files.readString(output)).contains("bind_address");
    configure("127.0.0.1:0");

    assertThat(echo(await(this::port))).isEqualTo("hello\n");
    loop.end();
    configure("127.0.0.1:70000");
    assertThat(loop(Map.of("Sluice-Api-Version", "1.0")).run()).isEqualTo(2);
  }

  @Test
  void aPortThatIsTakenIsSaid() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      configure("127.0.0.1:" + taken.getLocalPort());
      assertThat(loop.run()).isEqualTo(1);
      assertThat(Files.readString(output)).contains("127.0.0.1:" + taken.getLocalPort());
    }
  }

  @Test
  void whatTheLoaderRefusesInAJarIsRefusedHereToo() throws Exception {
    assertThat(loop(Map.of()).run()).isEqualTo(2);
    assertThat(Files.readString(output)).contains("Sluice-Api-Version");
  }

  @Test
  void whatIsMissingIsSaidBeforeAnythingRuns() throws Exception {
    assertThat(served(Map.of()).problem()).isEmpty();
    Files.delete(classes.resolve(SERVICE));
    assertThat(served(Map.of()).problem().orElseThrow()).contains("@AutoService");
    Files.delete(folder.resolve("sluice.yaml"));
    assertThat(served(Map.of()).problem().orElseThrow()).contains("-Dsluice.config");
  }

  private void start() {
    Thread thread = new Thread(running, "loop");
    thread.setDaemon(true);
    thread.start();
  }

  private void configure(String address) throws IOException {
    Path next = folder.resolve("next.yaml");
    Files.writeString(
        next,
        """
        rpc_addresses_file: addresses
        network:
          rpc_interfaces:
            echo: { bind_address: '%s', app_protocol: LINE_ECHO }
        """
            .formatted(address));
    Files.move(next, folder.resolve("sluice.yaml"), StandardCopyOption.REPLACE_EXISTING);
  }

  private ServedProject served(Map<String, String> manifest) {
    return new ServedProject(
        "project",
        "1",
        manifest,
        classes,
        List.of(),
        folder.resolve("sluice.yaml"),
        folder.resolve("plugins"),
        List.of());
  }

  private RunLoop loop(Map<String, String> manifest) {
    ServedProject project = served(manifest);
    List<Path> classPath =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.contains("line-echo"))
            .map(Path::of)
            .toList();
    return new RunLoop(
        project,
        new NodeProcess.Command(
            classPath,
            List.of("-Xmx128m"),
            List.of(
                "run",
                "--config=" + project.configuration(),
                "--plugins-dir=" + project.plugins(),
                "--set=drain_timeout=1s"),
            ProcessBuilder.Redirect.appendTo(output.toFile())),
        told::add);
  }

  private @Nullable Integer port() throws IOException {
    Path addresses = folder.resolve("addresses");
    if (!Files.exists(addresses)) {
      return null;
    }
    String text = Files.readString(addresses);
    return Integer.valueOf(text.replaceAll("(?s).*127\\.0\\.0\\.1:(\\d+).*", "$1"));
  }

  private static String echo(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write("hello\n".getBytes(US_ASCII));
      return new String(socket.getInputStream().readNBytes(6), US_ASCII);
    }
  }

  private interface Condition<T> {
    @Nullable T met() throws IOException;
  }

  private <T> T await(Condition<T> condition) throws Exception {
    long until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (System.nanoTime() < until) {
      T met = condition.met();
      if (met != null) {
        return met;
      }
      if (running.isDone()) {
        throw new AssertionError(running.get() + ": " + Files.readString(output));
      }
      Thread.sleep(50);
    }
    throw new AssertionError("not within a minute; it said: " + Files.readString(output));
  }
}
