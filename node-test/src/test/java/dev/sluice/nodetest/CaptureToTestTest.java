// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.platform.Node;
import dev.sluice.platform.Sluice;
import dev.sluice.platform.cli.NodeLauncher;
import dev.sluice.platform.cli.RunOptions;
import dev.sluice.platform.cli.SluiceCommand;
import dev.sluice.protocol.http1.Http1Protocol;
import dev.sluice.testkit.ConversationScript;
import dev.sluice.testkit.SessionContract;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** A bug in the wild becomes a test: what docs/captures.md walks through. */
class CaptureToTestTest {

  @TempDir static Path folder;

  /** What a test of the author's is, with the capture as it was copied. */
  abstract static class TwoLinesAtOnce extends SessionContract {
    @Override
    protected ConversationScript script() {
      return ConversationScript.fromCapture(folder.resolve("two-lines.slcap"))
          .replacing("ONE\n", "ONE\nTWO\n");
    }

    @Override
    protected int noiseInputs() {
      return 20;
    }
  }

  static final class OfTheBug extends TwoLinesAtOnce {
    @Override
    protected CustomProtocolSubsystem protocol() {
      return new ShoutOnce();
    }
  }

  static final class OfTheMended extends TwoLinesAtOnce {
    @Override
    protected CustomProtocolSubsystem protocol() {
      return new ShoutAll();
    }
  }

  /** What a command has answered. */
  private record Answered(int status, String out, String err) {}

  private static Answered sluice(Object... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        SluiceCommand.execute(
            new NoNode(),
            new PrintWriter(out, true),
            new PrintWriter(err, true),
            Arrays.stream(args).map(Object::toString).toArray(String[]::new));
    return new Answered(status, out.toString(), err.toString());
  }

  /** Reading and playing a capture starts none. */
  private static final class NoNode implements NodeLauncher {
    @Override
    public int run(RunOptions options, PrintWriter out) {
      throw new AssertionError();
    }

    @Override
    public int check(RunOptions options, PrintWriter out) {
      throw new AssertionError();
    }
  }

  @Test
  void aBugInTheWildBecomesATest() throws Exception {
    Path captures = Files.createDirectory(folder.resolve("captures"));
    Path capture = record(captures);
    Files.copy(capture, folder.resolve("two-lines.slcap"));

    TestExecutionSummary failing = run(OfTheBug.class);
    assertThat(failing.getTestsFailedCount()).isPositive();
    assertThat(failing.getFailures())
        .anySatisfy(
            failure ->
                assertThat(failure.getException())
                    .hasMessageContaining("4 bytes came, and then more is expected")
                    .hasMessageContaining("expected \"ONE\\nTWO\\n\""));
    TestExecutionSummary passing = run(OfTheMended.class);
    assertThat(passing.getFailures()).isEmpty();
    assertThat(passing.getTestsSucceededCount()).isGreaterThan(10);

    Path bug = plugins("bug", ShoutOnce.class);
    Path mended = plugins("mended", ShoutAll.class);
    for (String[] more : new String[][] {{}, {"--times"}}) {
      Answered equal = replay(capture, bug, more);
      assertThat(equal.err()).isEmpty();
      assertThat(equal.out())
          .contains("SHOUT 2.5 of bug.jar")
          .contains("all of 1 sessions are equal");
      assertThat(equal.status()).isZero();
      Answered different = replay(capture, mended, more);
      assertThat(different.out())
          .contains("differs at byte 4 of its answers")
          .contains("expected \"ONE\\n\"")
          .contains("but got \"ONE\\nTWO\\n\"")
          .contains("1 of 1 sessions differ");
      assertThat(different.status()).isEqualTo(1);
    }
    shown(capture, bug);
  }

  private static Answered replay(Path capture, Path plugins, String... more) {
    Object[] args = new Object[4 + more.length];
    args[0] = "replay";
    args[1] = capture;
    args[2] = "--plugins-dir";
    args[3] = plugins;
    System.arraycopy(more, 0, args, 4, more.length);
    return sluice(args);
  }

  /** A client has trouble while somebody looks on. */
  private static Path record(Path captures) throws Exception {
    try (Node node =
        Sluice.builder()
            .configuration(
                """
                network:
                  rpc_interfaces:
                    lines: { bind_address: "127.0.0.1:0", app_protocol: SHOUT }
                    operator: { bind_address: "127.0.0.1:0", app_protocol: HTTP1, handlers: [node] }
                operator:
                  captures: { directory: captures }
                drain_timeout: 1s
                """,
                folder)
            .protocol(new ShoutOnce())
            .protocol(new Http1Protocol())
            .start()) {
      String order = "{\"interface\": \"lines\", \"remote\": \"127.\", \"connections\": 1}";
      assertThat(ask(node, "POST", "", order, false).statusCode()).isEqualTo(403);
      assertThat(ask(node, "POST", "", "{\"interfaces\": 1}", true).statusCode()).isEqualTo(400);
      assertThat(ask(node, "POST", "", order.replace("lines", "line"), true).body())
          .contains("no_interface")
          .contains("lines, operator");
      assertThat(ask(node, "POST", "", order.replace("1}", "1000000}"), true).statusCode())
          .isEqualTo(422);
      HttpResponse<String> begun = ask(node, "POST", "", order, true);
      assertThat(begun.statusCode()).isEqualTo(201);
      assertThat(begun.body()).contains("\"state\":\"running\"");
      assertThat(begun.headers().firstValue("location")).contains("/node/captures/1");

      InetSocketAddress lines = node.addresses().get("lines");
      try (Socket client = new Socket(lines.getAddress(), lines.getPort())) {
        client.getOutputStream().write("one\ntwo\n".getBytes(US_ASCII));
        assertThat(client.getInputStream().readNBytes(4)).isEqualTo("ONE\n".getBytes(US_ASCII));
      }

      assertThat(RunningNode.await(() -> ended(node))).isTrue();
      HttpResponse<String> ended = ask(node, "DELETE", "/1", "", true);
      assertThat(ended.statusCode()).isEqualTo(200);
      assertThat(ended.body()).contains("\"ended_by\":\"connections\"");
      assertThat(ask(node, "GET", "", "", false).body()).contains("\"captures\":[{\"id\":\"1\"");
      assertThat(ask(node, "GET", "/2", "", false).statusCode()).isEqualTo(404);
      Matcher file = Pattern.compile("\"file\":\"([^\"]+)\"").matcher(ended.body());
      assertThat(file.find()).isTrue();
      Path capture = Path.of(file.group(1));
      assertThat(capture).hasParent(captures);
      return capture;
    }
  }

  private static boolean ended(Node node) {
    try {
      return ask(node, "GET", "/1", "", false).body().contains("\"state\":\"ended\"");
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static HttpResponse<String> ask(
      Node node, String method, String path, String body, boolean operator) throws Exception {
    URI uri =
        URI.create(
            "http://127.0.0.1:"
                + node.addresses().get("operator").getPort()
                + "/node/captures"
                + path);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(Duration.ofSeconds(10))
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (operator) {
      request.header("Sluice-Operator", "test");
    }
    return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
  }

  private static TestExecutionSummary run(Class<?> test) {
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    Launcher launcher = LauncherFactory.create();
    launcher.execute(
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(test))
            // Two that go by one name can't both be found on one class path.
            .filters(
                (PostDiscoveryFilter)
                    found ->
                        FilterResult.includedIf(
                            !found.getUniqueId().toString().contains("canBeFound")))
            .build(),
        summary);
    return summary.getSummary();
  }

  private static Path plugins(String name, Class<?> protocol) throws Exception {
    Path plugins = Files.createDirectory(folder.resolve(name));
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.IMPLEMENTATION_VERSION, "2.5");
    manifest.getMainAttributes().put(new Attributes.Name("Sluice-Api-Version"), "1.0");
    try (JarOutputStream jar =
        new JarOutputStream(Files.newOutputStream(plugins.resolve(name + ".jar")), manifest)) {
      for (Class<?> part : List.of(protocol, ShoutSession.class)) {
        String entry = part.getName().replace('.', '/') + ".class";
        jar.putNextEntry(new JarEntry(entry));
        try (InputStream in = part.getResourceAsStream("/" + entry)) {
          in.transferTo(jar);
        }
      }
      jar.putNextEntry(
          new JarEntry("META-INF/services/" + CustomProtocolSubsystem.class.getName()));
      jar.write(protocol.getName().getBytes(US_ASCII));
    }
    return plugins;
  }

  /** As text and as packets; and what is none, or damaged, is told so. */
  private static void shown(Path capture, Path plugins) throws Exception {
    Answered shown = sluice("captures", "show", capture);
    assertThat(shown.out())
        .contains("capture of lines from ")
        .contains("protocol SHOUT")
        .contains("delivered 8 \"one\\ntwo\\n\"")
        .contains("written 4 \"ONE\\n\"")
        .contains("ended peer_closed by peer")
        .contains("end of the capture (connections), 1 sessions");
    assertThat(shown.status()).isZero();

    Path packets = folder.resolve("packets.pcapng");
    assertThat(sluice("captures", "show", capture, "--pcapng", packets).status()).isZero();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(packets)))
        .isEqualTo("rw-------");
    assertThat(Files.size(packets)).isGreaterThan(300);

    byte[] bytes = Files.readAllBytes(capture);
    Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(bytes, bytes.length - 30));
    assertThat(sluice("captures", "show", cut).out()).contains("the file ends within a record");
    assertThat(replay(cut, plugins).status()).isZero();

    bytes[bytes.length - 60] ^= 1;
    Path damaged = Files.write(folder.resolve("damaged"), bytes);
    Answered told = sluice("captures", "show", damaged);
    assertThat(told.out()).contains("written 4");
    assertThat(told.err()).contains("damaged: byte ").contains("the checksum of a record is wrong");
    assertThat(told.status()).isEqualTo(2);
    assertThat(replay(damaged, plugins).status()).isEqualTo(2);
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Answered none = replay(capture, empty);
    assertThat(none.err()).contains("no protocol is named 'SHOUT'");
    assertThat(none.status()).isEqualTo(2);
    assertThat(sluice("captures", "show", folder.resolve("nowhere")).err())
        .contains("no such file");
  }
}
