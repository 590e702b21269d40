// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import dev.sluice.protocol.http2.PoliteClient.Answer;
import io.netty.buffer.Unpooled;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is said about an answer in its head, and behind its body, whatever the application says. */
class AnswersTest {

  private static final String THEN = "Sun, 06 Nov 1994 08:49:37 GMT";

  private static TestApp app = new TestApp();
  private static HttpNode node;

  @BeforeAll
  static void start() throws Exception {
    app = new TestApp();
    node = RequestsTest.node(new Settings(), app);
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  /** An answer, and that the connection is in step behind it. */
  private static Answer answered(String method, Consumer<RpcContext> how) throws Exception {
    try (PoliteClient client = PoliteClient.connect(node.port())) {
      int stream = client.begin(method, "/wait/x", true);
      how.accept(app.nextBegun());
      Answer answer = client.whole(stream);
      assertThat(client.whole(client.get("/say/next")).text()).isEqualTo("next");
      return answer;
    }
  }

  private static Answer whole(String method, RpcResponse response) throws Exception {
    return answered(method, request -> assertThat(request.respond(response)).isTrue());
  }

  private static Answer streamed(String method, RpcResponse head) throws Exception {
    return answered(method, request -> request.respondStreaming(head).finish());
  }

  private static RpcResponse of(int status, String length) {
    return RpcResponse.of(status).header("Content-Length", length);
  }

  /** RFC 9110, section 8.6. */
  @Test
  void noLengthGoesWithAnAnswerThatNeverHasContent() throws Exception {
    assertThat(whole("GET", of(204, "5")).field("content-length")).isEmpty();
    assertThat(whole("GET", RpcResponse.of(204).body("gone")).field("content-length")).isEmpty();
    assertThat(streamed("GET", of(204, "5")).field("content-length")).isEmpty();
    assertThat(whole("HEAD", of(204, "5")).field("content-length")).isEmpty();
  }

  /** RFC 9110, section 15.3.6: its end is told all the same. */
  @Test
  void anAnswerThatResetsTheContentHasNone() throws Exception {
    Answer reset = whole("GET", RpcResponse.of(205).body("more"));
    assertThat(reset.field("content-length")).isEqualTo("0");
    assertThat(reset.text()).isEmpty();
    assertThat(reset.dataFrames).isZero();
    assertThat(streamed("GET", of(205, "4")).field("content-length")).isEqualTo("0");
  }

  /** RFC 9110, section 8.6: to HEAD, and with 304, it is that of the answer to GET. */
  @Test
  void noLengthIsMadeUpWhereTheContentIsNotThere() throws Exception {
    for (Answer unknown :
        new Answer[] {
          whole("HEAD", RpcResponse.of(200)),
          streamed("HEAD", RpcResponse.of(200)),
          whole("GET", RpcResponse.of(304)),
          whole("HEAD", RpcResponse.of(304)),
          streamed("GET", RpcResponse.of(304)),
          whole("HEAD", of(200, "a few")),
          whole("HEAD", of(200, "-1")),
        }) {
      assertThat(unknown.field("content-length")).isEmpty();
    }
    for (Answer known :
        new Answer[] {
          whole("HEAD", of(200, "4")),
          streamed("HEAD", of(200, "4")),
          whole("GET", of(304, "4")),
          streamed("GET", of(304, "4")),
          whole("HEAD", RpcResponse.of(200).body("four")),
          whole("HEAD", of(200, "7").body("four")),
          whole("GET", of(200, "7").body("four")),
        }) {
      assertThat(known.field("content-length")).isEqualTo("4");
    }
    assertThat(whole("GET", RpcResponse.of(200)).field("content-length")).isEqualTo("0");
  }

  /** RFC 9110, section 6.6.1: a relay that took another's place would make stale look fresh. */
  @Test
  void aDateOfTheApplicationsOwnStays() throws Exception {
    assertThat(whole("GET", RpcResponse.text("x").header("Date", THEN)).field("date"))
        .isEqualTo(THEN);
    assertThat(streamed("GET", RpcResponse.of(200).header("date", THEN)).field("date"))
        .isEqualTo(THEN);
    assertThat(whole("GET", RpcResponse.of(200)).field("date")).endsWith("GMT").isNotEqualTo(THEN);
  }

  /** RFC 9110, section 6.5.1. */
  @Test
  void trailersThatSayHowTheMessageIsReadAreNotSent() throws Exception {
    Answer answer =
        answered(
            "GET",
            request -> {
              ResponseBody body = request.respondStreaming(RpcResponse.of(200));
              boolean unused = body.write(Unpooled.copiedBuffer("x", StandardCharsets.US_ASCII));
              for (String name : new String[] {"Content-Length", "host", "Trailer", "cookie"}) {
                assertThatIllegalArgumentException()
                    .isThrownBy(() -> body.finish(RpcResponse.of(200).header(name, "1")))
                    .withMessageContaining(name);
              }
              body.finish(RpcResponse.of(200).header("x-sum", "42"));
            });
    assertThat(answer.text()).isEqualTo("x");
    assertThat(answer.trailer("x-sum")).isEqualTo("42");
    for (String name : new String[] {"content-length", "host", "trailer", "cookie"}) {
      assertThat(answer.trailer(name)).as(name).isEmpty();
    }
  }

  /** RFC 9110, section 15.2, and RFC 8297. */
  @Test
  void aClientIsToldThingsBeforeTheAnswer() throws Exception {
    try (FrameClient client = FrameClient.connect(node.port())) {
      int stream = client.request(FrameClient.request("GET", "/wait/a"), true);
      RpcContext request = app.nextBegun();
      OutgoingFields fields = new OutgoingFields().add("Link", "</x>").add("Content-Length", "5");
      assertThat(request.interim(103, fields)).isTrue();
      FrameClient.Frame told = client.awaitHeaders(stream);
      assertThat(told.status()).isEqualTo("103");
      assertThat(told.ends()).isFalse();
      assertThat(told.headers()).isNotNull();
      assertThat(told.headers().get("link")).hasToString("</x>");
      assertThat(told.headers().get("content-length")).isNull();
      assertThat(told.headers().get("date")).isNull();
      assertThatIllegalArgumentException().isThrownBy(() -> request.interim(100, fields));
      assertThat(request.respond(RpcResponse.text("a"))).isTrue();
      assertThat(request.interim(103, fields)).isFalse();
      assertThat(client.awaitHeaders(stream).status()).isEqualTo("200");
      assertThat(client.body(stream)).asString().isEqualTo("a");
    }
  }

  /** Elements of a plain array that another thread has made may be seen before what they hold. */
  @Test
  void whatThreadsShareOfAnswersIsInNoPlainArrayOfObjects() {
    assertThat(AnswerFields.class.getDeclaredFields())
        .filteredOn(field -> Modifier.isStatic(field.getModifiers()))
        .isNotEmpty()
        .extracting(Field::getType)
        .allMatch(type -> !type.isArray() || type.getComponentType().isPrimitive());
  }
}
