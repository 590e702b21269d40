// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.protocol.http.client.HttpClient;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientResponse;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Nginx;
import dev.sluice.protocol.http1.Received;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server that others have written says which version it speaks, and is spoken to by it. */
@Timeout(60)
class ChosenVersionTest {

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"ssl http2, HTTP/2, 1", "ssl, HTTP/1.1, 8"})
  void nginx(String listen, String version, int mostConnections) throws Exception {
    assumeTrue(Nginx.isInstalled(), "nginx is not installed");
    X509Bundle server =
        new CertificateBuilder()
            .subject("CN=server")
            .addSanIpAddress("127.0.0.1")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Path cert = Files.writeString(folder.resolve("cert.pem"), server.getCertificatePathPEM());
    Files.writeString(folder.resolve("key.pem"), server.getPrivateKeyPEM());
    byte[] large = new byte[4 << 20];
    for (int i = 0; i < large.length; i++) {
      large[i] = TestApp.patternAt(i);
    }
    try (HttpNode node = RequestsTest.node(new Settings(), new TestApp());
        Nginx nginx =
            new Nginx(
                folder,
                listen,
                "ssl_certificate cert.pem; ssl_certificate_key key.pem;"
                    + " location /x { return 200 'said $request_method $args'; }");
        HttpClient client =
            HttpClient.builder(node.outbound().connector())
                .options(
                    OutboundOptions.builder()
                        .tls(OutboundTls.builder().trustFile(cert).build())
                        .build())
                .build()) {
      Files.write(folder.resolve("html/large"), large);
      for (int i = 0; i < 50; i++) {
        HttpClientResponse response =
            client
                .send(nginx.target(), HttpClientRequest.post("/x?" + i, "a body of " + i))
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        assertThat(response.text()).isEqualTo("said POST " + i);
        assertThat(response.head().protocol()).isEqualTo(version);
      }
      Received[] all = new Received[8];
      for (int i = 0; i < all.length; i++) {
        all[i] = new Received();
        client.send(nginx.target(), HttpClientRequest.get("/large"), all[i]);
      }
      for (Received received : all) {
        assertThat(received.awaitEnd().bytes()).isEqualTo(large);
      }
      assertThat(node.outbound().endpoint().metrics().snapshot().accepted())
          .isLessThanOrEqualTo(mostConnections);
    }
  }
}
