// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.api.ByteSize;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.protocol.http.client.HttpClient;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientResponse;
import io.netty.buffer.Unpooled;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Servers that others have written. */
@Timeout(60)
class RealServersTest {

  @TempDir Path folder;
  private HttpNode node;

  @BeforeEach
  void startNode() throws Exception {
    node = HttpNode.serving(new TestApp());
  }

  @AfterEach
  void closeNode() {
    node.close();
  }

  private HttpClient client(OutboundOptions options) {
    return HttpClient.builder(node.outbound().connector())
        .options(options)
        .protocols("HTTP1")
        .maxConnections(2)
        .build();
  }

  private static HttpClientResponse get(
      HttpClient client, OutboundTarget target, HttpClientRequest request) throws Exception {
    return client.send(target, request).toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private Nginx nginx(String listen, String server) throws Exception {
    assumeTrue(Nginx.isInstalled(), "nginx is not installed");
    return new Nginx(folder, listen, server);
  }

  @Test
  void nginxKeepsAConnectionAndEndsItWhenItHasHadEnough() throws Exception {
    try (Nginx nginx =
            nginx("", "keepalive_requests 10; location /x { return 200 'said $host'; }");
        HttpClient client = client(OutboundOptions.plaintext())) {
      for (int i = 0; i < 100; i++) {
        HttpClientResponse response = get(client, nginx.target(), HttpClientRequest.get("/x"));
        assertThat(response.text()).isEqualTo("said 127.0.0.1");
        assertThat(response.headers().first("server")).get().asString().startsWith("nginx");
      }
      assertThat(node.outbound().endpoint().metrics().snapshot().accepted()).isEqualTo(10);
    }
  }

  @Test
  void nginxServesFilesWholeAndInPartsAndTheirHeads() throws Exception {
    try (Nginx nginx = nginx("", "");
        HttpClient client = client(OutboundOptions.plaintext())) {
      byte[] large = new byte[8 << 20];
      for (int i = 0; i < large.length; i++) {
        large[i] = TestApp.patternAt(i);
      }
      Files.write(folder.resolve("html/large"), large);
      Received received = new Received();
      client.send(nginx.target(), HttpClientRequest.get("/large"), received);
      assertThat(received.awaitEnd().bytes()).isEqualTo(large);
      HttpClientResponse part =
          get(
              client,
              nginx.target(),
              HttpClientRequest.get("/large").header("range", "bytes=251-501"));
      assertThat(part.status()).isEqualTo(206);
      assertThat(part.body()).hasSize(251).startsWith(0, 1, 2);
      HttpClientResponse head = get(client, nginx.target(), HttpClientRequest.of("HEAD", "/large"));
      assertThat(head.headers().first("content-length")).contains("" + large.length);
      assertThat(get(client, nginx.target(), HttpClientRequest.get("/none")).status())
          .isEqualTo(404);
      assertThat(node.outbound().endpoint().metrics().snapshot().accepted()).isEqualTo(1);
    }
  }

  @Test
  void nginxRefusesABodyBeforeItIsWhole() throws Exception {
    try (Nginx nginx = nginx("", "client_max_body_size 1k;");
        HttpClient client = client(OutboundOptions.plaintext())) {
      Received received = new Received();
      HttpClientCall call =
          client.send(
              nginx.target(), HttpClientRequest.of("PUT", "/x").streamed(1 << 20), received);
      call.body().write(Unpooled.copiedBuffer("begun", StandardCharsets.US_ASCII));
      assertThat(received.awaitEnd().head.status()).isEqualTo(413);
      assertThat(
              get(
                      client,
                      nginx.target(),
                      HttpClientRequest.of("PUT", "/x").body("x".repeat(2000)).expectContinue())
                  .status())
          .isEqualTo(413);
    }
  }

  @Test
  void nginxAsksForACertificate() throws Exception {
    X509Bundle authority =
        new CertificateBuilder().subject("CN=ca").setIsCertificateAuthority(true).buildSelfSigned();
    X509Bundle server =
        new CertificateBuilder()
            .subject("CN=server")
            .addSanIpAddress("127.0.0.1")
            .buildIssuedBy(authority);
    Path ca = Files.writeString(folder.resolve("ca.pem"), authority.getCertificatePEM());
    Files.writeString(folder.resolve("cert.pem"), server.getCertificatePathPEM());
    Files.writeString(folder.resolve("key.pem"), server.getPrivateKeyPEM());
    try (Nginx nginx =
            nginx(
                "ssl",
                """
                ssl_certificate cert.pem;
                ssl_certificate_key key.pem;
                ssl_client_certificate ca.pem;
                ssl_verify_client on;
                """);
        HttpClient client =
            client(
                OutboundOptions.builder()
                    .tls(OutboundTls.builder().trustFile(ca).build())
                    .build())) {
      HttpClientResponse response = get(client, nginx.target(), HttpClientRequest.get("/"));
      assertThat(response.status()).isEqualTo(400);
      assertThat(response.text()).contains("No required SSL certificate was sent");
    }
  }

  @Test
  void opensslAnswersAndEndsTheConnectionBehindItsAnswer() throws Exception {
    X509Bundle server =
        new CertificateBuilder()
            .subject("CN=server")
            .addSanIpAddress("127.0.0.1")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Path cert = Files.writeString(folder.resolve("cert.pem"), server.getCertificatePathPEM());
    Path key = Files.writeString(folder.resolve("key.pem"), server.getPrivateKeyPEM());
    Process openssl =
        new ProcessBuilder(
                "openssl",
                "s_server",
                "-accept",
                "127.0.0.1:0",
                "-www",
                "-cert",
                cert.toString(),
                "-key",
                key.toString())
            .redirectErrorStream(true)
            .start();
    try (InputStream out = openssl.getInputStream();
        HttpClient client =
            client(
                OutboundOptions.builder()
                    .tls(OutboundTls.builder().trustFile(cert).build())
                    .build())) {
      OutboundTarget target = new OutboundTarget("127.0.0.1", port(out));
      for (int i = 0; i < 3; i++) {
        Received received = new Received();
        client.send(
            target, HttpClientRequest.get("/").maxResponseSize(new ByteSize(1 << 20)), received);
        assertThat(received.awaitEnd().head.protocol()).isEqualTo("HTTP/1.0");
        assertThat(received.text()).contains("s_server -accept").contains("</HTML>");
      }
      assertThat(node.outbound().endpoint().metrics().snapshot().accepted()).isEqualTo(3);
    } finally {
      openssl.destroyForcibly();
    }
  }

  private static int port(InputStream out) throws Exception {
    StringBuilder said = new StringBuilder();
    Pattern accept = Pattern.compile("ACCEPT \\S*:(\\d+)\\s");
    while (true) {
      Matcher matcher = accept.matcher(said);
      if (matcher.find()) {
        return Integer.parseInt(matcher.group(1));
      }
      int next = out.read();
      if (next < 0) {
        throw new AssertionError(said.toString());
      }
      said.append((char) next);
    }
  }
}
