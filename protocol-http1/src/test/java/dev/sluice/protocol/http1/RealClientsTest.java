// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.api.Execution;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that others wrote. Skipped with a line on standard error where one is not installed. */
class RealClientsTest {

  @TempDir Path folder;

  private HttpNode start(boolean tls, Execution execution) throws Exception {
    Settings settings = new Settings();
    settings.maxBody = 1L << 30;
    HttpNode.Options options = settings.options();
    options.tls = tls;
    options.allocator = HttpNode.untraced();
    return options.start(new TestApp(execution));
  }

  @ParameterizedTest
  @EnumSource(Execution.class)
  void curlUploadsDownloadsAndKeepsItsConnection(Execution execution) throws Exception {
    try (HttpNode node = start(true, execution)) {
      String url = "https://localhost:" + node.port();
      byte[] bytes = new byte[3_000_000];
      Arrays.fill(bytes, (byte) 'z');
      Path file = Files.write(folder.resolve("upload"), bytes);
      Path echoed = folder.resolve("echoed");
      assertThat(
              run(
                  "curl",
                  "-sk",
                  "--http1.1",
                  url + "/say/one",
                  url + "/say/two",
                  "-w",
                  "%{http_version} %{num_connects} "))
          .isEqualTo("one1.1 1 two1.1 0 ");
      assertThat(run("curl", "-sk", "--data-binary", "@" + file, url + "/sink"))
          .isEqualTo("3000000");
      assertThat(
              run(
                  "curl",
                  "-sk",
                  "-H",
                  "Expect: 100-continue",
                  "-T",
                  file.toString(),
                  "-X",
                  "POST",
                  url + "/stream",
                  "-o",
                  echoed.toString(),
                  "-w",
                  "%{http_code}"))
          .isEqualTo("200");
      assertThat(Files.readAllBytes(echoed)).isEqualTo(bytes);
      assertThat(
              run(
                  "curl",
                  "-sk",
                  "-H",
                  "Transfer-Encoding: chunked",
                  "--data-binary",
                  "@" + file,
                  url + "/stream",
                  "-o",
                  echoed.toString(),
                  "-w",
                  "%{http_code}"))
          .isEqualTo("200");
      assertThat(Files.readAllBytes(echoed)).isEqualTo(bytes);
      assertThat(
              run(
                  "curl",
                  "-sk",
                  "--http1.0",
                  url + "/bytes/100000",
                  "-o",
                  echoed.toString(),
                  "-w",
                  "%{size_download}"))
          .isEqualTo("100000");
      assertThat(run("curl", "-skI", url + "/hello")).contains("content-length: 13");
    }
  }

  @Test
  void wrkFindsNoError() throws Exception {
    for (boolean tls : new boolean[] {false, true}) {
      try (HttpNode node = start(tls, Execution.EVENT_LOOP)) {
        String url = (tls ? "https" : "http") + "://localhost:" + node.port() + "/hello";
        String report = run("wrk", "-t1", "-c64", "-d2s", url);
        assertThat(report).contains("Requests/sec").doesNotContain("Non-2xx", "Socket errors");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Execution.class)
  void h2loadGetsEveryAnswer(Execution execution) throws Exception {
    try (HttpNode node = start(true, execution)) {
      String url = "https://localhost:" + node.port() + "/say/hello";
      String report = run("h2load", "--h1", "-n5000", "-c20", "-m8", url);
      Matcher requests =
          Pattern.compile("requests: 5000 total, .* 5000 succeeded, 0 failed").matcher(report);
      assertThat(requests.find()).as(report).isTrue();
      assertThat(report).contains("5000 2xx");
    }
  }

  private String run(String... command) throws Exception {
    Path out = folder.resolve("out");
    Process process;
    try {
      process =
          new ProcessBuilder(List.of(command))
              .redirectErrorStream(true)
              .redirectOutput(out.toFile())
              .start();
    } catch (IOException e) {
      System.err.println("NOT TESTED with " + command[0] + ", which is not on this machine");
      assumeTrue(false, command[0] + " is there");
      throw e;
    }
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("the end of %s", command[0]).isTrue();
    return Files.readString(out, StandardCharsets.ISO_8859_1);
  }
}
