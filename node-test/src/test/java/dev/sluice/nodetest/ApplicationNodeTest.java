// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Setting;
import dev.sluice.api.rpc.ApplicationContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.EndpointHandler;
import dev.sluice.protocol.http.Endpoints;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An application on a node in a test, by both versions of HTTP. */
class ApplicationNodeTest {

  /** Its settings. */
  public record Words(@Setting(description = "What to say.") String greeting) {}

  private static final class Hello extends EndpointHandler {

    private String greeting = "";

    Hello() {
      super("hello", "/hello");
    }

    @Override
    public Optional<Class<? extends Record>> settingsType() {
      return Optional.of(Words.class);
    }

    @Override
    protected void init(ApplicationContext context) {
      greeting = context.settings(Words.class).greeting();
    }

    @Override
    protected void endpoints(Endpoints to) {
      to.get("/hello", call -> call.respond(RpcResponse.text(greeting)));
    }
  }

  @RegisterExtension
  static final SluiceNode node = SluiceNode.with(new Hello()).settings("greeting: good day").tls();

  private static HttpResponse<String> get(URI uri, Version version) throws Exception {
    HttpClient client =
        HttpClient.newBuilder().sslContext(node.trustingContext()).version(version).build();
    return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }

  @Test
  void bothVersionsAnswer() throws Exception {
    HttpResponse<String> plain = get(node.uri("/hello"), Version.HTTP_1_1);
    assertThat(plain.body()).isEqualTo("good day");
    HttpResponse<String> secure = get(node.tlsUri("/hello"), Version.HTTP_2);
    assertThat(secure.body()).isEqualTo("good day");
    assertThat(secure.version()).isEqualTo(Version.HTTP_2);
  }
}
