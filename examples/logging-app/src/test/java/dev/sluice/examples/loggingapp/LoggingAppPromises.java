// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.loggingapp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ByteSize;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Trusting;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The application over TLS, by Java's own client, in the version of HTTP that a subclass names. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class LoggingAppPromises {

  private final CustomProtocolSubsystem protocol;
  private final HttpClient.Version version;
  private final String name;
  private HttpNode node;
  private HttpClient client;

  LoggingAppPromises(CustomProtocolSubsystem protocol, HttpClient.Version version, String name) {
    this.protocol = protocol;
    this.version = version;
    this.name = name;
  }

  @BeforeAll
  void start() throws Exception {
    HttpNode.Options options = new HttpNode.Options();
    options.protocol = protocol;
    options.tls = true;
    options.http = HttpConfiguration.defaults().withMaxBodySize(new ByteSize(1L << 30));
    node = options.start(new LoggingApp());
    client = client(new KeyManager[0]);
  }

  @AfterAll
  void stop() {
    node.close();
  }

  @Test
  void aMessageIsKeptReplacedAndForgotten() throws Exception {
    HttpResponse<String> added = send("POST", "/app/log/greeting", "hello \u00e4");
    assertThat(added.statusCode()).isEqualTo(201);
    assertThat(added.body()).isEqualTo("{\"id\":\"greeting\",\"bytes\":8}\n");
    HttpResponse<String> read = send("GET", "/app/log/greeting", "");
    assertThat(read.body()).isEqualTo("hello \u00e4");
    assertThat(read.headers().firstValue("x-author")).isEmpty();
    assertThat(send("POST", "/app/log/greeting", "again").statusCode()).isEqualTo(200);
    assertThat(send("DELETE", "/app/log/greeting", "").statusCode()).isEqualTo(204);
    assertThat(send("GET", "/app/log/greeting", "").statusCode()).isEqualTo(404);
    assertThat(send("DELETE", "/app/log/greeting", "").statusCode()).isEqualTo(404);
  }

  @Test
  void anIdThatIsNoneIsAProblemThatSaysWhatIsAllowed() throws Exception {
    HttpResponse<String> refused = send("POST", "/app/log/%3Cscript%3E", "x");
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body()).contains("\"code\":\"invalid_id\"").doesNotContain("script");
    assertThat(send("POST", "/app/log/" + "a".repeat(129), "x").statusCode()).isEqualTo(400);
    if (version == HttpClient.Version.HTTP_1_1) {
      // Java 17 does not heed the reset behind such an answer in HTTP/2, and waits to send the
      // rest.
      assertThat(send("POST", "/app/log/x", "y".repeat((1 << 20) + 1)).statusCode()).isEqualTo(413);
    }
  }

  @Test
  void theOldestMessageMakesRoom() {
    MessageLog log = new MessageLog(3);
    for (int i = 0; i < 5; i++) {
      log.put("id" + i, new MessageLog.Message("m" + i, Optional.empty()));
    }
    assertThat(log.get("id1")).isEmpty();
    assertThat(log.get("id2")).isPresent();
  }

  @Test
  void anUploadIsDigestedAsItArrives() throws Exception {
    byte[] bytes = new byte[20_000_000];
    new Random(1).nextBytes(bytes);
    String sum = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    HttpResponse<String> digested =
        send("PUT", "/app/upload", BodyPublishers.ofByteArray(bytes), client);
    assertThat(digested.body()).isEqualTo("{\"bytes\":20000000,\"sha256\":\"" + sum + "\"}\n");
  }

  @Test
  void aDownloadHasTheLengthThatWasAskedFor() throws Exception {
    for (int bytes : new int[] {0, 1, 65_536, 5_000_000}) {
      assertThat(send("GET", "/app/download/" + bytes, "").body()).hasSize(bytes);
    }
    for (String wrong : new String[] {"x", "-1", "99999999999", "1e3"}) {
      assertThat(send("GET", "/app/download/" + wrong, "").statusCode()).isEqualTo(400);
    }
  }

  @Test
  void aSlowAnswerComesInItsTimeAndHoldsNobodyUp() throws Exception {
    long begin = System.nanoTime();
    CompletableFuture<HttpResponse<String>> slow =
        client.sendAsync(
            request("GET", "/app/slow/300", BodyPublishers.noBody()), BodyHandlers.ofString());
    assertThat(send("GET", "/app/slow/0", "").body()).isEqualTo("after 0 ms\n");
    assertThat(slow.get().body()).isEqualTo("after 300 ms\n");
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(299));
    assertThat(send("GET", "/app/slow/30001", "").statusCode()).isEqualTo(400);
  }

  @Test
  void aCallerIsKnownByItsCertificate() throws Exception {
    assertThat(send("GET", "/app/whoami", "").body())
        .isEqualTo("anonymous by " + name + ", TLSv1.3\n");
    X509Bundle known =
        new CertificateBuilder()
            .subject("CN=anna")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    KeyStore store = known.toKeyStore(new char[0]);
    keys.init(store, new char[0]);
    HttpClient anna = client(keys.getKeyManagers());
    assertThat(send("GET", "/app/whoami", BodyPublishers.noBody(), anna).body())
        .isEqualTo("CN=anna by " + name + ", TLSv1.3\n");
    send("POST", "/app/log/signed", BodyPublishers.ofString("x"), anna);
    assertThat(send("GET", "/app/log/signed", "").headers().firstValue("x-author"))
        .contains("CN=anna");
  }

  private HttpResponse<String> send(String method, String path, String body) throws Exception {
    return send(method, path, BodyPublishers.ofString(body), client);
  }

  private HttpResponse<String> send(String method, String path, BodyPublisher body, HttpClient by)
      throws Exception {
    return by.send(request(method, path, body), BodyHandlers.ofString());
  }

  private HttpRequest request(String method, String path, BodyPublisher body) {
    return HttpRequest.newBuilder(URI.create("https://localhost:" + node.port() + path))
        .timeout(Duration.ofSeconds(30))
        .method(method, body)
        .build();
  }

  private HttpClient client(KeyManager[] keys) throws Exception {
    return HttpClient.newBuilder().sslContext(Trusting.context(keys)).version(version).build();
  }
}
