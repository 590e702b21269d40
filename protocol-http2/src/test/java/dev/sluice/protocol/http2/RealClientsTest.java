// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.api.Execution;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that others wrote. Skipped with a line on standard error where one is not installed. */
class RealClientsTest {

  private static final int UPLOAD = 20_000_000;

  @TempDir Path folder;

  private static HttpNode start(boolean tls, Execution execution) throws Exception {
    Settings settings = new Settings();
    settings.maxBody = 1L << 30;
    return start(settings, tls, execution);
  }

  private static HttpNode start(Settings settings, boolean tls, Execution execution)
      throws Exception {
    HttpNode.Options options = settings.options();
    options.protocol = new Http2Protocol();
    options.tls = tls;
    options.allocator = HttpNode.untraced();
    return options.start(new TestApp(execution));
  }

  private static String url(HttpNode node, boolean tls) {
    return (tls ? "https" : "http") + "://localhost:" + node.port();
  }

  @ParameterizedTest
  @CsvSource({"false, EVENT_LOOP", "true, EVENT_LOOP", "true, WORKERS"})
  void curlUploadsAndDownloads(boolean tls, Execution execution) throws Exception {
    try (HttpNode node = start(tls, execution)) {
      String url = url(node, tls);
      String version = tls ? "--http2" : "--http2-prior-knowledge";
      byte[] bytes = new byte[UPLOAD];
      new Random(1).nextBytes(bytes);
      Path file = Files.write(folder.resolve("upload"), bytes);
      Path echoed = folder.resolve("echoed");
      assertThat(curl(version, url + "/say/one", "-w", "%{http_version}")).isEqualTo("one2");
      assertThat(curl(version, "--data-binary", "@" + file, url + "/sink"))
          .isEqualTo(Integer.toString(UPLOAD));
      String[] stream = {
        version, "-T", file.toString(), "-X", "POST", url + "/stream", "-o", echoed.toString()
      };
      assertThat(curl(with(stream, "-w", "%{http_code}"))).isEqualTo("200");
      assertThat(Files.readAllBytes(echoed)).isEqualTo(bytes);
      String[] expecting = with(stream, "-H", "Expect: 100-continue", "-w", "%{http_code}");
      assertThat(curl(expecting)).isEqualTo("200");
      assertThat(Files.readAllBytes(echoed)).isEqualTo(bytes);
      assertThat(curl(version, "-I", url + "/hello"))
          .startsWith("HTTP/2 200")
          .contains("content-length: 13");
      assertThat(curl(version, "-D", "-", url + "/trailers"))
          .contains("HTTP/2 200", "body", "x-sum: 42");
    }
  }

  @Test
  void anUploadThatIsRefusedLeavesCurlsConnectionInUse() throws Exception {
    try (HttpNode node = start(new Settings(), true, Execution.EVENT_LOOP)) {
      String url = url(node, true);
      Path file = Files.write(folder.resolve("upload"), new byte[UPLOAD]);
      Path sent = folder.resolve("refused");
      String[] upload = {
        "--http2", "-X", "POST", "-T", file.toString(), "-o", sent.toString(), url + "/sink"
      };
      String[] both = with(upload, "-w", "%{http_code} ", "--next", "-sk", url + "/say/after");
      assertThat(curl(both)).isEqualTo("413 after");
      assertThat(sent).content().contains("\"code\":\"body_too_large\"");
      assertThat(node.metrics().accepted()).isEqualTo(1);
    }
  }

  private String curl(String... arguments) throws Exception {
    return run(with(new String[] {"curl", "-sk"}, arguments));
  }

  private static String[] with(String[] first, String... more) {
    List<String> all = new ArrayList<>(List.of(first));
    all.addAll(List.of(more));
    return all.toArray(new String[0]);
  }

  @ParameterizedTest
  @CsvSource({"1, false", "10, false", "100, false", "1, true", "10, true", "100, true"})
  void h2loadGetsEveryAnswer(int streams, boolean tls) throws Exception {
    try (HttpNode node = start(tls, Execution.EVENT_LOOP)) {
      assertEveryAnswer(node, tls, streams);
    }
  }

  @Test
  void h2loadGetsEveryAnswerOfWorkers() throws Exception {
    try (HttpNode node = start(true, Execution.WORKERS)) {
      assertEveryAnswer(node, true, 10);
    }
  }

  private void assertEveryAnswer(HttpNode node, boolean tls, int streams) throws Exception {
    String url = url(node, tls) + "/say/hello";
    String report = run("h2load", "-n5000", "-c10", "-m" + streams, url);
    assertThat(report)
        .containsPattern(Pattern.compile("requests: 5000 total, .* 5000 succeeded, 0 failed"))
        .contains("5000 2xx", tls ? "Application protocol: h2" : "Application protocol: h2c");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nghttpGetsSeveralAnswersAtOnce(boolean tls) throws Exception {
    try (HttpNode node = start(tls, Execution.EVENT_LOOP)) {
      String url = url(node, tls);
      String report =
          run("nghttp", "-nv", "-m3", url + "/hello", url + "/bytes/300000", url + "/trailers");
      assertThat(report)
          .contains(":status: 200", "x-sum: 42")
          .doesNotContain("RST_STREAM", "error_code=PROTOCOL_ERROR");
      assertThat(node.metrics().accepted()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"EVENT_LOOP", "WORKERS"})
  void javasClientSharesOneConnection(Execution execution) throws Exception {
    try (HttpNode node = start(true, execution)) {
      HttpClient client = javasClient();
      String url = url(node, true);
      assertThat(get(client, url + "/say/first")).isEqualTo("first");
      List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        HttpRequest request =
            HttpRequest.newBuilder(URI.create(url + "/bytes/" + i * 10_000))
                .timeout(Duration.ofSeconds(30))
                .build();
        answers.add(client.sendAsync(request, BodyHandlers.ofByteArray()));
      }
      // It reads nothing before all is sent, so the answer has to fit into its window of 16 MiB.
      byte[] bytes = new byte[UPLOAD / 2];
      new Random(2).nextBytes(bytes);
      HttpResponse<byte[]> echoed =
          client.send(post(url + "/stream", bytes), BodyHandlers.ofByteArray());
      assertThat(echoed.body()).isEqualTo(bytes);
      for (int i = 0; i < answers.size(); i++) {
        HttpResponse<byte[]> answer = answers.get(i).get();
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(answer.body()).hasSize(i * 10_000);
      }
      assertThat(node.metrics().accepted()).isEqualTo(1);
    }
  }

  @Test
  void anUploadThatIsRefusedLeavesJavasConnectionInUse() throws Exception {
    Settings settings = new Settings();
    settings.maxBody = 100_000;
    try (HttpNode node = start(settings, true, Execution.EVENT_LOOP)) {
      HttpClient client = javasClient();
      String url = url(node, true);
      assertThat(get(client, url + "/say/before")).isEqualTo("before");
      // No more than the window: Java 17 does not heed a reset behind an answer, and waits for
      // more.
      HttpResponse<String> refused =
          client.send(post(url + "/sink", new byte[200_000]), BodyHandlers.ofString());
      assertThat(refused.statusCode()).isEqualTo(413);
      assertThat(refused.body()).contains("\"code\":\"body_too_large\"");
      assertThat(get(client, url + "/say/after")).isEqualTo("after");
      assertThat(node.metrics().accepted()).isEqualTo(1);
    }
  }

  private static HttpClient javasClient() throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
    return HttpClient.newBuilder().sslContext(context).version(HttpClient.Version.HTTP_2).build();
  }

  private static HttpRequest post(String url, byte[] body) {
    return HttpRequest.newBuilder(URI.create(url))
        .timeout(Duration.ofSeconds(30))
        .POST(BodyPublishers.ofByteArray(body))
        .build();
  }

  private static String get(HttpClient client, String url) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(30)).build();
    return client.send(request, BodyHandlers.ofString()).body();
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
