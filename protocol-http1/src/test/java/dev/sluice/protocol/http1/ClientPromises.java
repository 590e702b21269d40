// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.protocol.http.client.HttpClient;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientResponse;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;

/** What the client promises over whichever version of HTTP: a class extends it for each. */
@Timeout(60)
public abstract class ClientPromises {

  /** Served and spoken. */
  protected abstract CustomProtocolSubsystem version();

  protected final HttpNode node(RpcHandler app) throws Exception {
    return node(app, false);
  }

  protected final HttpNode node(RpcHandler app, boolean tls) throws Exception {
    HttpNode.Options options = new HttpNode.Options();
    options.protocol = version();
    options.tls = tls;
    return options.start(app);
  }

  protected final HttpClient.Builder client(HttpNode from) {
    return HttpClient.builder(from.outbound().connector())
        .options(
            OutboundOptions.builder()
                .tls(OutboundTls.builder().insecureNoVerification().build())
                .build())
        .protocols(version().name());
  }

  protected static URI uri(HttpNode of, String pathAndQuery) {
    return URI.create("http://127.0.0.1:" + of.port() + pathAndQuery);
  }

  protected static HttpClientResponse get(HttpClient client, HttpClientRequest request)
      throws Exception {
    return client.send(request).toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
