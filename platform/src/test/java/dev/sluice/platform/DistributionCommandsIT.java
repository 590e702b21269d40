// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.platform.Distribution.Run;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the packaged commands answer, on which stream, and with which exit status. */
class DistributionCommandsIT {

  @TempDir Path folder;

  @Test
  void checkBindsNothingSoThatAPortInUseIsFine() throws Exception {
    try (ServerSocket taken = NodeHouse.taken()) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      Run run = check("bind_address: " + address, "app_protocol: LINE_ECHO");

      assertThat(run.status()).isZero();
      assertThat(run.out())
          .startsWith(
              "plug-ins in " + Distribution.HOME.resolve("plugins") + ": 4 jars, 4 protocols")
          .endsWith("ok: one: LINE_ECHO over tcp on " + address + "\n");
      assertThat(run.err()).isEmpty();
    }
  }

  @Test
  void checkOfTheEmbeddedDefaultIsFineAndLeavesNoFile() throws Exception {
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    Run run =
        Distribution.start(folder, Map.of("JAVA_OPTS", "-Djava.io.tmpdir=" + temporary), "check");

    assertThat(run.awaitEnd()).as("%s", run).isZero();
    assertThat(run.out())
        .endsWith(
            """
            ok: https: HTTP2, HTTP1 over tls on 127.0.0.1:8443
            ok: http: HTTP2, HTTP1 over tcp on 127.0.0.1:8080
            ok: operator: HTTP1 over tcp on 127.0.0.1:8081
            ok: echo: ECHO over udp on 127.0.0.1:8007
            """);
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void checkSaysWhichInterfaceWaitsForWhichCertificate() throws Exception {
    String text =
        """
        network:
          rpc_interfaces:
            one:
              bind_address: 127.0.0.1:8443
              app_protocol: LINE_ECHO
              endorsement: { authority: absent }
            two:
              bind_address: 127.0.0.1:8444
              app_protocol: LINE_ECHO
              endorsement: { authority: [called, absent] }
        certificates:
          absent: { cert_file: absent.pem, key_file: absent.key }
          called: {}
        """;
    Path config = Files.writeString(folder.resolve("node.yaml"), text);
    Run run = Distribution.end(folder, "check", "-c", config.toString());

    assertThat(run.status()).as("%s", run).isZero();
    assertThat(run.out())
        .endsWith(
            """
            ok: one: LINE_ECHO over tls on 127.0.0.1:8443, waits for certificate absent, whose files are not there
            ok: two: LINE_ECHO over tls on 127.0.0.1:8444, waits for certificate called, which comes by call
            """);
  }

  @Test
  void aFileThatIsNoYamlIsNamedWithItsLine() throws Exception {
    Path config = Files.writeString(folder.resolve("node.yaml"), "network:\n  rpc: [\n");
    assertWrong(Distribution.end(folder, "check", "-c", config.toString()), config + ":");
  }

  @Test
  void everyWrongValueIsNamedWithItsLine() throws Exception {
    Run run =
        check(
            "bind_address: 127.0.0.1:70000",
            "app_protocol: LINE_ECHO",
            "max_open_sessions_sotf: 3",
            "idle_connection_timeout: 60");
    String file = folder.resolve("node.yaml").toString();
    String one = ": network.rpc_interfaces.one.";
    assertWrong(
        run,
        file + ":4" + one + "bind_address: found '127.0.0.1:70000'",
        file + ":6" + one + "max_open_sessions_sotf: found an unknown key",
        file + ":7" + one + "idle_connection_timeout: ");
  }

  @Test
  void whatThePlanFindsIsNamedWithItsLine() throws Exception {
    Path config =
        Files.writeString(
            folder.resolve("node.yaml"),
            """
            network:
              rpc_interfaces:
                one: { bind_address: "127.0.0.1:0", app_protocol: GOPHER }
                two: { bind_address: "nowhere.invalid:1", app_protocol: LINE_ECHO }
                three:
                  bind_address: 127.0.0.1:0
                  app_protocol: LINE_ECHO
                  protocol_config: { max_line_length: 2MB }
                  endorsement: { authority: service }
            certificates:
              service: { cert_file: ".", key_file: "." }
            """);
    String interfaces = ": network.rpc_interfaces.";
    assertWrong(
        Distribution.end(folder, "check", "-c", config.toString()),
        config + ":3" + interfaces + "one.app_protocol: no protocol is named 'GOPHER'; known in ",
        config + ":4" + interfaces + "two.bind_address: ",
        config + ":8" + interfaces + "three.protocol_config.max_line_length: ",
        config + ":11: certificates.service.cert_file: ",
        config + ":11: certificates.service.key_file: ");
  }

  @Test
  void runRefusesWhatCheckRefuses() throws Exception {
    Path absent = folder.resolve("absent.yaml");
    assertWrong(
        Distribution.end(folder, "run", "-c", absent.toString()), absent + ": no such file");
  }

  @Test
  void anEmptyPluginFolderIsAClearError() throws Exception {
    Path plugins = Files.createDirectory(folder.resolve("none"));
    Run run = Distribution.end(folder, "run", "--plugins-dir", plugins.toString());

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines())
        .hasSize(6)
        .allSatisfy(
            line ->
                assertThat(line)
                    .startsWith("sluice: the embedded default:")
                    .containsPattern("no protocol is named '(HTTP2|HTTP1|ECHO)'; known in ")
                    .endsWith(plugins + ": none"));
  }

  @Test
  void protocolsListsLineEchoWithItsSettings() throws Exception {
    Run run = Distribution.end(folder, "protocols");

    assertThat(run.status()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out().lines().toList())
        .satisfies(lines -> assertThat(lines.get(0)).startsWith("NAME").contains("JAR", "ALPN"))
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith("LINE_ECHO")
                    .contains("sluice-line-echo-", "TCP", "EVENT_LOOP"))
        .contains("protocol_config of LINE_ECHO:")
        .anySatisfy(line -> assertThat(line).contains("max_line_length", "8KB"));
  }

  @Test
  void aBrokenJarIsReportedBesideWhatCanBeServed() throws Exception {
    Path plugins = Files.createDirectory(folder.resolve("plugins"));
    try (var jars = Files.newDirectoryStream(Distribution.HOME.resolve("plugins"), "*.jar")) {
      for (Path jar : jars) {
        Files.copy(jar, plugins.resolve(jar.getFileName()));
      }
    }
    Files.writeString(plugins.resolve("broken.jar"), "no archive");
    try (Run run =
        Distribution.start(
            folder,
            "run",
            "--plugins-dir",
            plugins.toString(),
            "--set",
            "network.rpc_interfaces.https.bind_address=127.0.0.1:0",
            "--set",
            "network.rpc_interfaces.http.bind_address=127.0.0.1:0",
            "--set",
            "network.rpc_interfaces.echo.bind_address=127.0.0.1:0")) {
      run.awaitOut("https +tls +(\\S+) +HTTP2, HTTP1");
      assertThat(run.err().lines())
          .filteredOn(line -> line.contains("WARN"))
          .singleElement()
          .asString()
          .contains("plug-ins: broken.jar is refused: ");
    }
  }

  @Test
  void whatNobodyKnowsIsStatusTwo() throws Exception {
    assertWrong(Distribution.end(folder, "serve"), "Unmatched argument at index 0: 'serve'");
    assertWrong(Distribution.end(folder, "run", "--port", "1"), "Unknown options: '--port', '1'");
  }

  @Test
  void theVersionAndTheHelpAnswer() throws Exception {
    Run version = Distribution.end(folder, "--version");
    assertThat(version.status()).isZero();
    assertThat(version.out()).matches("sluice [0-9]+\\.[0-9]+\\S*\n");
    Run nothing = Distribution.end(folder);
    assertThat(nothing.status()).isEqualTo(2);
    assertThat(nothing.err()).contains("Usage: sluice");
  }

  private Run check(String... keys) throws Exception {
    StringBuilder text = new StringBuilder("network:\n  rpc_interfaces:\n    one:\n");
    for (String key : keys) {
      text.append("      ").append(key).append('\n');
    }
    Path config = Files.writeString(folder.resolve("node.yaml"), text);
    return Distribution.end(folder, "check", "-c", config.toString());
  }

  /** Status 2 and these lines on standard error, no others. */
  private static void assertWrong(Run run, String... lines) throws IOException {
    assertThat(run.status()).as("%s", run).isEqualTo(2);
    assertThat(run.err().lines()).as("%s", run).hasSize(lines.length);
    int at = 0;
    for (String line : run.err().lines().toList()) {
      assertThat(line).startsWith("sluice: " + lines[at++]);
    }
  }
}
