// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.EndpointHandler;
import dev.sluice.protocol.http.Endpoints;
import dev.sluice.protocol.http.client.HttpClientRequest;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a test can do and see by the node in memory, over both versions. */
class InMemoryHttpNodeTest {

  private static final Duration LONG = Duration.ofHours(1);

  @ParameterizedTest
  @EnumSource
  void settingsAreBound(HttpVersion version) {
    try (InMemoryHttpNode node =
        new InMemoryHttpNode(new Notes(), version).settings(new Notes.Settings("empty"))) {
      assertThat(node.connect().get("/notes/of/x").text()).isEqualTo("empty");
    }
  }

  @ParameterizedTest
  @EnumSource
  void clientsShareTheApplicationWhichIsStopped(HttpVersion version) {
    Notes notes = new Notes();
    try (InMemoryHttpNode node = new InMemoryHttpNode(notes, version)) {
      node.connect().send(HttpClientRequest.of("PUT", "/notes/of/x").body("shared"));
      InMemoryHttpCall read = node.connect().get("/notes/of/x");
      assertThat(read.text()).isEqualTo("shared");
      assertThat(read.header("content-type")).hasValue("text/plain; charset=utf-8");
    }
    assertThat(notes.stopped).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void aSlowReaderHoldsTheApplicationBack(HttpVersion version) {
    try (InMemoryHttpNode node = new InMemoryHttpNode(new Notes(), version)) {
      InMemoryHttpClient client = node.connect();
      client.stopReading();
      InMemoryHttpCall call = client.get("/notes/large");
      assertThat(call.answered()).isFalse();
      client.read(50_000);
      assertThat(call.answered()).isTrue();
      assertThat(call.complete()).isFalse();
      assertThat(call.body()).hasSizeBetween(40_000, 50_000);
      client.readOn();
      assertThat(call.body()).hasSize(Notes.LARGE);
      assertThat(call.complete()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPausedCallHoldsTheApplicationBack(HttpVersion version) {
    try (InMemoryHttpNode node = new InMemoryHttpNode(new Notes(), version)) {
      InMemoryHttpClient client = node.connect();
      client.stopReading();
      InMemoryHttpCall call = client.get("/notes/large");
      client.read(1_000);
      call.pause();
      client.readOn();
      assertThat(call.body().length).isLessThan(Notes.LARGE);
      call.resume();
      assertThat(call.body()).hasSize(Notes.LARGE);
    }
  }

  @ParameterizedTest
  @EnumSource
  void timePassesByHandOnly(HttpVersion version) {
    try (InMemoryHttpNode node = new InMemoryHttpNode(new Notes(), version)) {
      InMemoryHttpCall call = node.connect().get("/notes/later");
      node.advance(Duration.ofMillis(4_900));
      assertThat(call.answered()).isFalse();
      assertThatThrownBy(call::status)
          .isInstanceOf(AssertionError.class)
          .hasMessage("no answer to GET /notes/later yet");
      node.advance(Duration.ofMillis(200));
      assertThat(call.text()).isEqualTo("later");
    }
  }

  @ParameterizedTest
  @EnumSource
  void theNodeAnswersWhatIsNeverAnswered(HttpVersion version) {
    try (InMemoryHttpNode node = new InMemoryHttpNode(new Notes(), version)) {
      InMemoryHttpCall call =
          node.connect().send(HttpClientRequest.get("/notes/never").readTimeout(LONG));
      node.advance(Duration.ofSeconds(59));
      assertThat(call.answered()).isFalse();
      node.advance(Duration.ofSeconds(3));
      assertThat(call.status()).isEqualTo(503);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anUploadIsHeldBack(HttpVersion version) {
    try (InMemoryHttpNode node = new InMemoryHttpNode(new Notes(), version)) {
      InMemoryHttpCall call =
          node.connect()
              .send(HttpClientRequest.of("POST", "/notes/held").streamed().readTimeout(LONG));
      int parts = 0;
      while (call.isWritable()) {
        assertThat(parts++).as("8 KB each").isLessThan(100);
        call.write("y".repeat(8 << 10));
      }
      assertThat(call.answered()).isFalse();
      node.advance(Duration.ofSeconds(31));
      call.finish();
      assertThat(call.status()).as(call.text()).isEqualTo(200);
      assertThat(call.text()).isEqualTo(Integer.toString(parts * (8 << 10)));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRequestIsGivenUp(HttpVersion version) {
    try (InMemoryHttpNode node = new InMemoryHttpNode(new Notes(), version)) {
      InMemoryHttpCall call = node.connect().get("/notes/never");
      call.cancel();
      assertThat(call.failure()).isPresent();
    }
  }

  @ParameterizedTest
  @EnumSource
  void informationComesBeforeTheAnswerAndTrailersBehind(HttpVersion version) {
    EndpointHandler hints =
        new EndpointHandler("hints", "/") {
          @Override
          protected void endpoints(Endpoints to) {
            to.get(
                "/hints",
                call -> {
                  call.request().interim(103, new OutgoingFields().add("link", "</a>"));
                  var body = call.request().respondStreaming(RpcResponse.of(200));
                  body.finish(RpcResponse.of(200).header("checksum", "1"));
                });
          }
        };
    try (InMemoryHttpNode node = new InMemoryHttpNode(hints, version)) {
      InMemoryHttpCall call = node.connect().get("/hints");
      assertThat(call.status()).as(call.text()).isEqualTo(200);
      assertThat(call.interim()).hasSize(1);
      assertThat(call.interim().get(0).headers().first("link")).hasValue("</a>");
      assertThat(call.trailers().first("checksum")).hasValue("1");
    }
  }

  @ParameterizedTest
  @EnumSource
  void theEndOfTheNodeWaitsForWhatIsUnderWay(HttpVersion version) {
    try (InMemoryHttpNode node = new InMemoryHttpNode(new Notes(), version)) {
      InMemoryHttpClient client = node.connect();
      InMemoryHttpCall call = client.get("/notes/later");
      client.drain(Duration.ofSeconds(30));
      node.advance(Duration.ofSeconds(6));
      assertThat(call.text()).isEqualTo("later");
      node.advance(Duration.ofSeconds(1));
      assertThat(client.connection().closed()).isPresent();
    }
  }
}
