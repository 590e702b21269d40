// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.TestApp;
import java.io.File;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** All of h2spec: the sections of RFC 7540 and 7541, each with what a client may get wrong. */
class ConformanceTest {

  @TempDir static Path folder;

  private static Path h2spec;

  @BeforeAll
  static void unpack() throws Exception {
    String name = "/h2spec/2.2.0/h2spec_linux_amd64.tar.gz";
    try (InputStream archive = ConformanceTest.class.getResourceAsStream(name)) {
      assertThat(archive).as(name).isNotNull();
      Path packed = folder.resolve("h2spec.tar.gz");
      Files.copy(archive, packed);
      Process tar =
          new ProcessBuilder("tar", "-xzf", packed.toString(), "-C", folder.toString())
              .inheritIO()
              .start();
      assertThat(tar.waitFor(20, TimeUnit.SECONDS) && tar.exitValue() == 0).isTrue();
    }
    h2spec = folder.resolve("h2spec");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyCaseOfH2specPasses(boolean tls) throws Exception {
    HttpNode.Options options = new HttpNode.Options();
    options.protocol = new Http2Protocol();
    options.tls = tls;
    // Some hundred connections, each of which does what no client should.
    try (HttpNode node = options.start(new TestApp())) {
      Path report = folder.resolve("report-" + tls + ".xml");
      List<String> command =
          new ArrayList<>(
              List.of(
                  h2spec.toString(),
                  "--strict",
                  "--host",
                  "127.0.0.1",
                  "--port",
                  Integer.toString(node.port()),
                  "--path",
                  // Its streams stay open as long as h2spec leaves them open.
                  "/read-first",
                  "--timeout",
                  "5",
                  "--junit-report",
                  report.toString()));
      if (tls) {
        command.addAll(List.of("--tls", "--insecure"));
      }
      File output = folder.resolve("output-" + tls + ".txt").toFile();
      Process process =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output).start();
      try {
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).as("h2spec ends").isTrue();
      } finally {
        process.destroyForcibly();
      }
      List<String> failed = new ArrayList<>();
      int cases = readReport(report, failed);
      assertThat(failed).as(Files.readString(output.toPath())).isEmpty();
      assertThat(cases).isGreaterThan(140);
    }
  }

  private static int readReport(Path report, List<String> failed) throws Exception {
    NodeList cases =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(report.toFile())
            .getElementsByTagName("testcase");
    for (int i = 0; i < cases.getLength(); i++) {
      Element one = (Element) cases.item(i);
      if (one.getElementsByTagName("failure").getLength()
              + one.getElementsByTagName("error").getLength()
          > 0) {
        failed.add(one.getAttribute("package") + ": " + one.getAttribute("classname"));
      }
    }
    return cases.getLength();
  }
}
