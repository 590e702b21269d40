// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.api.ScheduledTask;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http1.HttpClient.Answer;
import io.netty.buffer.Unpooled;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    node = HttpNode.serving(app);
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  /** An answer, and that the connection is in step behind it. */
  private static Answer answered(String method, Consumer<RpcContext> how) throws Exception {
    try (HttpClient client = node.connect()) {
      client.send(method + " /wait/x HTTP/1.1\r\nHost: a\r\n\r\n");
      how.accept(app.nextBegun());
      Answer answer = client.answer(method);
      client.send("GET /say/next HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.answer().text()).isEqualTo("next");
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
    assertThat(whole("GET", of(204, "5")).fields()).doesNotContainKey("content-length");
    assertThat(whole("GET", RpcResponse.of(204).body("gone")).fields())
        .doesNotContainKey("content-length");
    assertThat(streamed("GET", of(204, "5")).fields())
        .doesNotContainKeys("content-length", "transfer-encoding");
    assertThat(whole("HEAD", of(204, "5")).fields()).doesNotContainKey("content-length");
  }

  /** RFC 9110, section 15.3.6: its end is told all the same. */
  @Test
  void anAnswerThatResetsTheContentHasNone() throws Exception {
    Answer reset = whole("GET", RpcResponse.of(205).body("more"));
    assertThat(reset.field("content-length")).isEqualTo("0");
    assertThat(reset.text()).isEmpty();
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
      assertThat(unknown.fields()).doesNotContainKey("content-length");
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
    assertThat(answer.field("x-sum")).isEqualTo("42");
    assertThat(answer.fields()).doesNotContainKeys("content-length", "host", "trailer", "cookie");
  }

  private static OutgoingFields link(String target) {
    return new OutgoingFields().add("Link", target).add("Content-Length", "5");
  }

  /** RFC 9110, section 15.2, and RFC 8297. */
  @Test
  void aClientIsToldThingsBeforeTheAnswer() throws Exception {
    try (HttpClient client = node.connect()) {
      client.send("GET /wait/a HTTP/1.1\r\nHost: a\r\n\r\nGET /wait/b HTTP/1.1\r\nHost: a\r\n\r\n");
      RpcContext first = app.nextBegun();
      RpcContext second = app.nextBegun();
      OutgoingFields early = link("</second>");
      assertThat(second.interim(103, early)).isTrue();
      // What is added behind the call is not of it.
      early.add("x-later", "1");
      assertThat(first.interim(103, link("</first>"))).isTrue();
      assertThat(client.line()).isEqualTo("HTTP/1.1 103 Early Hints");
      assertThat(client.fields()).containsExactly(Map.entry("link", "</first>"));
      assertThat(first.interim(102, new OutgoingFields())).isTrue();
      assertThat(client.line()).isEqualTo("HTTP/1.1 102 Processing");
      assertThat(client.line()).isEmpty();
      for (int status : new int[] {0, 99, 100, 101, 200, 1000}) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> first.interim(status, new OutgoingFields()));
      }
      assertThat(first.respond(RpcResponse.text("a"))).isTrue();
      assertThat(first.interim(103, link("</late>"))).isFalse();
      assertThat(client.answer().text()).isEqualTo("a");
      assertThat(client.line()).isEqualTo("HTTP/1.1 103 Early Hints");
      assertThat(client.fields()).containsExactly(Map.entry("link", "</second>"));
      assertThat(second.respond(RpcResponse.text("b"))).isTrue();
      assertThat(client.answer().text()).isEqualTo("b");
    }
  }

  @Test
  void aClientOfHttp10HearsOfTheAnswerAlone() throws Exception {
    try (HttpClient client = node.connect()) {
      client.send("GET /wait/a HTTP/1.0\r\n\r\n");
      RpcContext request = app.nextBegun();
      assertThat(request.interim(103, link("</x>"))).isFalse();
      assertThat(request.respond(RpcResponse.text("a"))).isTrue();
      assertThat(client.answer().text()).isEqualTo("a");
    }
  }

  @Test
  void aTaskOfARequestComesInItsOrderAndCanBeTakenBack() throws Exception {
    try (HttpClient client = node.connect()) {
      client.send("GET /wait/a HTTP/1.1\r\nHost: a\r\n\r\n");
      RpcContext request = app.nextBegun();
      List<Integer> order = new ArrayList<>();
      ScheduledTask never = request.schedule(Duration.ofHours(1), () -> order.add(-1));
      request.execute(
          () -> {
            order.add(1);
            ScheduledTask unused =
                request.schedule(
                    Duration.ZERO,
                    () -> {
                      order.add(3);
                      boolean answered = request.respond(RpcResponse.text("" + order));
                      assertThat(answered).isTrue();
                    });
            order.add(2);
          });
      assertThat(client.answer().text()).isEqualTo("[1, 2, 3]");
      never.cancel();
    }
  }

  /** Elements of a plain array that another thread has made may be seen before what they hold. */
  @Test
  void whatThreadsShareOfAnswersIsInNoPlainArrayOfObjects() {
    assertThat(AnswerHead.class.getDeclaredFields())
        .filteredOn(field -> Modifier.isStatic(field.getModifiers()))
        .isNotEmpty()
        .extracting(Field::getType)
        .allMatch(type -> !type.isArray() || type.getComponentType().isPrimitive());
  }
}
