// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks.clients;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.SecureRandom;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** The JDK's client as it comes, with as many requests on the way as others have connections. */
final class JdkAsking extends AskingClient {

  private final TrustManager[] trust;
  private @Nullable HttpClient client;
  private @Nullable HttpRequest request;

  JdkAsking(int connections, TrustManager[] trust) {
    super(connections);
    this.trust = trust;
  }

  @Override
  void open(int port, boolean secure) throws Exception {
    HttpClient.Builder builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1);
    if (secure) {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust, new SecureRandom());
      builder.sslContext(context);
    }
    client = builder.build();
    String scheme = secure ? "https" : "http";
    request = HttpRequest.newBuilder(URI.create(scheme + "://localhost:" + port + PATH)).build();
  }

  @Override
  void ask(int connection) {
    HttpClient from = client;
    HttpRequest what = request;
    if (from == null || what == null) {
      throw new IllegalStateException("not opened");
    }
    var unused =
        from.sendAsync(what, BodyHandlers.ofByteArray())
            .whenCompleteAsync(
                (response, failure) -> {
                  if (failure != null) {
                    failed(failure);
                  } else if (answered(response.statusCode(), response.body().length)) {
                    ask(connection);
                  }
                });
  }

  /** It has no end of its own before JDK 21. */
  @Override
  public void close() {
    client = null;
  }
}
