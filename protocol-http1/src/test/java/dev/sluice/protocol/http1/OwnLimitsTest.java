// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static dev.sluice.protocol.http1.LimitedApp.LARGE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.RequestLimits;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.session.bridge.EndpointOptions;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an endpoint says of its own requests holds in the place of what the interface says. */
@Timeout(60)
class OwnLimitsTest {

  private final LimitedApp app = new LimitedApp();

  private static HttpClient chat(HttpNode node, String path) throws Exception {
    HttpClient client = node.connect();
    client.send("POST " + path + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    assertThat(client.line()).isEqualTo("HTTP/1.1 200 OK");
    client.fields();
    assertSays(client, "hello");
    return client;
  }

  private static void assertSays(HttpClient client, String word) throws IOException {
    client.send(Integer.toHexString(word.length()) + "\r\n" + word + "\r\n");
    client.line();
    assertThat(client.line()).isEqualTo(word);
  }

  @Test
  void aStreamBothWaysIsSilentForAsLongAsItsEndpointSays() throws Exception {
    try (HttpNode node = LimitedApp.shortTimes().start(app);
        HttpClient endless = chat(node, "/chat/endless")) {
      for (int i = 0; i < 3; i++) {
        try (HttpClient cut = chat(node, "/chat")) {
          assertThat(cut.rest()).as("what ends it").doesNotContain("0\r\n");
        }
      }
      assertSays(endless, "late");
      endless.send("0\r\n\r\n");
      assertThat(endless.line()).isEqualTo("0");
      assertThat(endless.fields()).containsEntry("grpc-status", "0");
    }
  }

  @Test
  void aStreamThatIsSilentForLongerThanItsEndpointSaysEnds() throws Exception {
    try (HttpNode node = HttpNode.serving(app);
        HttpClient client = chat(node, "/chat/short")) {
      assertThat(client.rest()).as("no end of the body").isEmpty();
      assertThat(node.counted("request_idle")).isEqualTo(1);
      assertThat(app.cancelled).containsExactly(CancelReason.TIMEOUT);
    }
  }

  @Test
  void aSlowBodyIsTakenWhereItsEndpointTakesIt() throws Exception {
    HttpNode.Options options = LimitedApp.shortTimes();
    options.limits = EndpointOptions.Limits.defaults();
    try (HttpNode node = options.start(app);
        HttpClient slow = node.connect()) {
      slow.send("POST /sink/slow HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1");
      try (HttpClient cut = node.connect()) {
        cut.send("POST /sink HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1");
        assertThat(cut.answer().status()).isEqualTo(408);
      }
      slow.send("2");
      assertThat(slow.answer().text()).isEqualTo("2");
    }
  }

  private static HttpClient.Answer post(HttpNode node, String path, int length) throws Exception {
    try (HttpClient client = node.connect()) {
      client.send(
          "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n");
      client.send(new byte[length]);
      return client.answer();
    }
  }

  private static HttpClient.Answer postChunked(HttpNode node, String path, int length)
      throws Exception {
    try (HttpClient client = node.connect()) {
      client.send("POST " + path + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
      client.send(Integer.toHexString(length) + "\r\n");
      client.send(new byte[length]);
      client.send("\r\n0\r\n\r\n");
      return client.answer();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"EVENT_LOOP", "WORKERS"})
  void bodiesAreAsLongAsTheirEndpointTakes(Execution execution) throws Exception {
    try (HttpNode node = HttpNode.serving(new LimitedApp(execution))) {
      String length = Integer.toString(LARGE);
      assertThat(post(node, "/sink/large", LARGE).text()).isEqualTo(length);
      assertThat(postChunked(node, "/sink/large", LARGE).text()).isEqualTo(length);
      assertThat(post(node, "/whole", LARGE).text()).isEqualTo(length);
      assertThat(postChunked(node, "/whole", LARGE).text()).isEqualTo(length);
    }
  }

  @Test
  void longerBodiesAreRefused() throws Exception {
    try (HttpNode node = HttpNode.serving(app)) {
      for (String path : List.of("/sink", "/nobody", "/sink/large", "/sink/small")) {
        try (HttpClient client = node.connect()) {
          int most = path.endsWith("small") ? 10 : path.endsWith("large") ? LARGE : 1 << 20;
          client.send(
              "POST "
                  + path
                  + " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
                  + (most + 1)
                  + "\r\n\r\n");
          HttpClient.Answer answer = client.answer();
          assertThat(answer.status()).as(path).isEqualTo(413);
          assertThat(answer.field("connection")).isEqualTo("close");
          assertThat(client.rest()).isEmpty();
        }
      }
      try (HttpClient client = node.connect()) {
        client.send(
            "POST /sink/small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n");
        assertThat(client.answer().status()).isEqualTo(413);
      }
      assertThat(post(node, "/whole/large", 2 << 20).status())
          .as("what is gathered has a limit of its own")
          .isEqualTo(413);
      assertThat(node.counted("body_too_large")).isEqualTo(6);
    }
  }

  @Test
  void anAnswerMayTakeAsLongAsItsEndpointSays() throws Exception {
    try (HttpNode node = LimitedApp.shortTimes().start(app);
        HttpClient patient = node.connect()) {
      patient.send("GET /late/patient HTTP/1.1\r\nHost: a\r\n\r\n");
      RpcContext late = app.late.take();
      for (int i = 0; i < 3; i++) {
        try (HttpClient other = node.connect()) {
          other.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
          assertThat(other.answer().status()).isEqualTo(503);
        }
      }
      assertThat(late.respond(RpcResponse.text("at last"))).isTrue();
      assertThat(patient.answer().text()).isEqualTo("at last");
    }
  }

  @Test
  void anEndpointMayBeLessPatientThanItsInterface() throws Exception {
    try (HttpNode node = HttpNode.serving(app);
        HttpClient client = node.connect()) {
      client.send("GET /late/impatient HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(503);
      assertThat(app.cancelled).containsExactly(CancelReason.TIMEOUT);
    }
  }

  @Test
  @ResourceLock(HttpNode.LOG)
  void anApplicationThatFailsToSayIsAnsweredFor() throws Exception {
    RpcHandler broken =
        new RpcHandler() {
          @Override
          public String name() {
            return "broken";
          }

          @Override
          public List<String> prefixes() {
            return List.of("/broken");
          }

          @Override
          public RequestLimits limits(String method, String path) {
            throw new IllegalStateException("as it should");
          }

          @Override
          public void handle(RpcContext request) {
            throw new AssertionError("called all the same");
          }
        };
    try (HttpNode node = HttpNode.serving(app, broken);
        LoggedFailures log = new LoggedFailures();
        HttpClient client = node.connect()) {
      client.send("GET /broken HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(500);
      assertThat(node.counted("handler_failed")).isEqualTo(1);
      assertThat(node.counted("application_failed.broken")).isEqualTo(1);
      assertThat(log.lines).singleElement().asString().contains("the application broken threw");
      client.send("GET /nobody HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(404);
    }
  }
}
