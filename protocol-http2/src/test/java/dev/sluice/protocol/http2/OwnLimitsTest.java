// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static dev.sluice.protocol.http1.LimitedApp.LARGE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.LimitedApp;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http2.PoliteClient.Answer;
import dev.sluice.session.bridge.EndpointOptions;
import io.netty.handler.codec.http2.Http2Error;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an endpoint says of its own requests holds in the place of what the interface says. */
@Timeout(60)
class OwnLimitsTest {

  private final LimitedApp app = new LimitedApp();

  private static HttpNode.Options options(Settings settings) {
    HttpNode.Options options = settings.options();
    options.protocol = new Http2Protocol();
    return options;
  }

  private static HttpNode.Options shortTimes() {
    HttpNode.Options options = LimitedApp.shortTimes();
    options.protocol = new Http2Protocol();
    return options;
  }

  private static int chat(PoliteClient client, String path) throws IOException {
    int stream = client.begin("POST", path, false);
    say(client, stream, "hello");
    return stream;
  }

  private static void say(PoliteClient client, int stream, String word) throws IOException {
    int before = client.so(stream).length();
    client.send(stream, word.getBytes(StandardCharsets.US_ASCII), false);
    client.until(() -> client.so(stream).length() == before + word.length());
  }

  @Test
  void aStreamBothWaysIsSilentForAsLongAsItsEndpointSays() throws Exception {
    try (HttpNode node = shortTimes().start(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int endless = chat(client, "/chat/endless");
      for (int i = 0; i < 3; i++) {
        try (PoliteClient cut = PoliteClient.connect(node.port())) {
          chat(cut, "/chat");
          cut.untilClosed();
        }
      }
      say(client, endless, "late");
      client.send(endless, new byte[0], true);
      Answer answer = client.whole(endless);
      assertThat(answer.text()).isEqualTo("hellolate");
      assertThat(answer.trailer("grpc-status")).isEqualTo("0");
    }
  }

  /** It is let be for its own sake: what follows on its connection is not. */
  @Test
  void theConnectionIsSilentForNoLongerThanWhatIsUnderWay() throws Exception {
    try (HttpNode node = shortTimes().start(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int endless = chat(client, "/chat/endless");
      client.send(endless, new byte[0], true);
      client.whole(endless);
      chat(client, "/chat");
      client.untilClosed();
    }
  }

  @Test
  void aStreamThatIsSilentForLongerThanItsEndpointSaysIsReset() throws Exception {
    try (HttpNode node = options(new Settings()).start(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int other = chat(client, "/chat");
      int stream = chat(client, "/chat/short");
      assertThat(client.answer(stream).reset).isEqualTo((int) Http2Error.CANCEL.code());
      assertThat(node.counted("request_idle")).isEqualTo(1);
      assertThat(app.cancelled).containsExactly(CancelReason.TIMEOUT);
      say(client, other, "still there");
    }
  }

  @Test
  void aSlowBodyIsTakenWhereItsEndpointTakesIt() throws Exception {
    HttpNode.Options options = shortTimes();
    options.limits = EndpointOptions.Limits.defaults();
    try (HttpNode node = options.start(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int slow = client.begin("POST", "/sink/slow", false);
      client.send(slow, new byte[1], false);
      for (int i = 0; i < 3; i++) {
        int cut = client.begin("POST", "/sink", false);
        client.send(cut, new byte[1], false);
        assertThat(client.whole(cut).status()).isEqualTo("408");
      }
      client.send(slow, new byte[1], true);
      assertThat(client.whole(slow).text()).isEqualTo("2");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"EVENT_LOOP", "WORKERS"})
  void bodiesAreAsLongAsTheirEndpointTakes(Execution execution) throws Exception {
    try (HttpNode node = options(new Settings()).start(new LimitedApp(execution));
        PoliteClient client = PoliteClient.connect(node.port())) {
      String length = Integer.toString(LARGE);
      assertThat(client.whole(client.post("/sink/large", new byte[LARGE])).text())
          .isEqualTo(length);
      assertThat(client.whole(client.post("/whole", new byte[LARGE])).text()).isEqualTo(length);
      int undeclared = client.begin("POST", "/sink/large", false);
      client.send(undeclared, new byte[LARGE], true);
      assertThat(client.whole(undeclared).text()).isEqualTo(length);
    }
  }

  @Test
  void longerBodiesAreRefused() throws Exception {
    try (HttpNode node = options(new Settings()).start(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      for (String path : List.of("/sink", "/nobody", "/sink/large", "/sink/small")) {
        int most = path.endsWith("small") ? 10 : path.endsWith("large") ? LARGE : 1 << 20;
        int stream =
            client.begin(
                FrameClient.request("POST", path).set("content-length", Integer.toString(most + 1)),
                false);
        assertThat(client.answer(stream).status()).as(path).isEqualTo("413");
      }
      int undeclared = client.begin("POST", "/sink/small", false);
      client.send(undeclared, new byte[11], false);
      assertThat(client.answer(undeclared).status()).isEqualTo("413");
      int gathered = client.post("/whole/large", new byte[2 << 20]);
      assertThat(client.answer(gathered).status()).isEqualTo("413");
      assertThat(node.counted("body_too_large")).isEqualTo(6);
    }
  }

  @Test
  void anAnswerMayTakeAsLongAsItsEndpointSays() throws Exception {
    try (HttpNode node = shortTimes().start(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int patient = client.get("/late/patient");
      RpcContext late = app.late.take();
      for (int i = 0; i < 3; i++) {
        try (PoliteClient other = PoliteClient.connect(node.port())) {
          assertThat(other.whole(other.get("/late")).status()).isEqualTo("503");
        }
      }
      assertThat(late.respond(RpcResponse.text("at last"))).isTrue();
      assertThat(client.whole(patient).text()).isEqualTo("at last");
    }
  }

  @Test
  void anEndpointMayBeLessPatientThanItsInterface() throws Exception {
    try (HttpNode node = options(new Settings()).start(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      assertThat(client.whole(client.get("/late/impatient")).status()).isEqualTo("503");
      assertThat(app.cancelled).containsExactly(CancelReason.TIMEOUT);
    }
  }
}
