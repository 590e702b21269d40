// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static dev.sluice.protocol.http2.FrameClient.CONTINUATION;
import static dev.sluice.protocol.http2.FrameClient.DATA;
import static dev.sluice.protocol.http2.FrameClient.END_HEADERS;
import static dev.sluice.protocol.http2.FrameClient.END_STREAM;
import static dev.sluice.protocol.http2.FrameClient.HEADERS;
import static dev.sluice.protocol.http2.FrameClient.PADDED;
import static dev.sluice.protocol.http2.FrameClient.PRIORITY;
import static dev.sluice.protocol.http2.FrameClient.RST_STREAM;
import static dev.sluice.protocol.http2.FrameClient.WINDOW_UPDATE;
import static dev.sluice.protocol.http2.FrameClient.frame;
import static dev.sluice.protocol.http2.FrameClient.number;
import static dev.sluice.protocol.http2.FrameClient.request;
import static io.netty.handler.codec.http2.Http2Error.ENHANCE_YOUR_CALM;
import static io.netty.handler.codec.http2.Http2Error.FLOW_CONTROL_ERROR;
import static io.netty.handler.codec.http2.Http2Error.FRAME_SIZE_ERROR;
import static io.netty.handler.codec.http2.Http2Error.PROTOCOL_ERROR;
import static io.netty.handler.codec.http2.Http2Error.REFUSED_STREAM;
import static io.netty.handler.codec.http2.Http2Error.STREAM_CLOSED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http2.FrameClient.Frame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Requests that are begun and ended before anything comes of them: by the client (rapid reset,
 * CVE-2023-44487), and by the node, where the client brings it about (MadeYouReset, CVE-2025-8671).
 */
@ResourceLock(value = HttpNode.LOG, mode = ResourceAccessMode.READ)
class ResetsTest {

  private static final int RESETS = 20;
  private static final int MORE = 30;

  private static Settings fewResets() {
    Settings settings = new Settings();
    settings.maxResets = RESETS;
    settings.maxBody = 1000;
    return settings;
  }

  @Test
  void requestsThatTheClientResetsAreBounded() throws Exception {
    try (AttackedNode attacked = new AttackedNode(fewResets());
        FrameClient attacker = attacked.attacker()) {
      for (int i = 0; i < MORE; i++) {
        attacker.reset(attacker.get("/wait/x"));
      }
      attacked.sentAway(attacker, ENHANCE_YOUR_CALM, "reset_flood");
      HttpNode.await(
          "all are told", () -> attacked.app().cancelled.size() == attacked.app().begun.size());
      assertThat(attacked.app().begun.size()).isLessThanOrEqualTo(RESETS + 1);
    }
  }

  @Test
  void asManyAsAreAllowedAreTakenAndEachHandlerHears() throws Exception {
    try (AttackedNode attacked = new AttackedNode(fewResets());
        FrameClient client = attacked.attacker()) {
      List<Integer> streams = new ArrayList<>();
      List<RpcContext> requests = new ArrayList<>();
      for (int i = 0; i < RESETS; i++) {
        streams.add(client.get("/wait/" + i));
        requests.add(attacked.app().nextBegun());
      }
      for (int stream : streams) {
        client.reset(stream);
      }
      HttpNode.await("each hears", () -> attacked.app().cancelled.size() == RESETS);
      assertThat(attacked.app().cancelled).containsOnly(CancelReason.CLIENT_GONE);
      for (RpcContext request : requests) {
        assertThat(request.cancelled()).isTrue();
        assertThat(request.respond(RpcResponse.text("late"))).isFalse();
      }
      AttackedNode.serve(client);
      assertThat(attacked.node().counted("reset_flood")).isZero();
    }
  }

  @Test
  void answersThatTheClientResetsOnTheirWayAreDropped() throws Exception {
    try (AttackedNode attacked = new AttackedNode(fewResets());
        FrameClient client = attacked.attacker()) {
      long before = attacked.node().buffersAlive();
      List<Integer> streams = new ArrayList<>();
      for (int i = 0; i < RESETS; i++) {
        int stream = client.get("/bytes/10000000");
        client.awaitHeaders(stream);
        streams.add(stream);
      }
      assertThat(attacked.node().buffersAlive()).isGreaterThan(before + RESETS * 64_000L);
      for (int stream : streams) {
        client.reset(stream);
      }
      HttpNode.await("none is kept", () -> attacked.node().buffersAlive() <= before + 64_000);
    }
  }

  @Test
  void streamsOverTheLimitAreRefusedAndThoseWithinAreServed() throws Exception {
    Settings settings = fewResets();
    settings.maxStreams = 3;
    try (AttackedNode attacked = new AttackedNode(settings);
        FrameClient client = attacked.attacker()) {
      List<Integer> within = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        within.add(client.get("/wait/" + i));
      }
      int over = client.request(request("POST", "/wait/3"), false);
      assertThat(client.awaitReset(over).errorCode()).isEqualTo((int) REFUSED_STREAM.code());
      assertThat(attacked.node().counted("http2_refused_stream")).isEqualTo(1);
      // It has sent this before it knew.
      client.data(over, new byte[10], true);
      for (int stream : within) {
        assertThat(attacked.app().nextBegun().respond(RpcResponse.text("whole"))).isTrue();
        assertThat(client.awaitHeaders(stream).status()).isEqualTo("200");
        assertThat(client.body(stream)).asString().isEqualTo("whole");
      }
      AttackedNode.serve(client);
      assertThat(attacked.app().begun).isEmpty();
    }
  }

  /** What crosses a reset on its way is dropped, of as many streams as there may be at once. */
  @Test
  void trailersThatCrossAResetAreDroppedHoweverManyThereWere() throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient client = attacked.attacker()) {
      List<Integer> streams = new ArrayList<>();
      for (int i = 0; i < new Settings().maxStreams; i++) {
        streams.add(client.request(request("POST", "/ignore"), false));
      }
      for (int stream : streams) {
        client.awaitReset(stream);
      }
      for (int stream : streams) {
        client.write(
            HEADERS, END_HEADERS | END_STREAM, stream, client.encode(trailer("x-sum", "42")));
      }
      AttackedNode.serve(client);
    }
  }

  // ---- MadeYouReset

  private interface Act {
    void on(FrameClient client) throws IOException;
  }

  /** What a client does, and what the node resets the stream with; null: it answers instead. */
  record Provocation(String name, Http2Error error, Act act) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Provocation open(String name, Http2Error error, byte[] frame) {
    return new Provocation(
        name,
        error,
        client -> {
          int stream = client.request(request("POST", "/wait/x"), false);
          // The frame is the first stream's; this makes it the new one's.
          System.arraycopy(number(stream), 0, frame, 5, 4);
          client.send(frame);
        });
  }

  private static DefaultHttp2Headers trailer(String name, String value) {
    DefaultHttp2Headers trailers = new DefaultHttp2Headers(false);
    trailers.add(name, value);
    return trailers;
  }

  @SuppressWarnings("unused") // by its name
  private static final List<Provocation> PROVOCATIONS =
      List.of(
          open("a window opened by nothing", PROTOCOL_ERROR, frame(WINDOW_UPDATE, 0, 1, number(0))),
          open(
              "a window opened too far",
              FLOW_CONTROL_ERROR,
              frame(WINDOW_UPDATE, 0, 1, number(Integer.MAX_VALUE))),
          open("a priority of three bytes", FRAME_SIZE_ERROR, frame(PRIORITY, 0, 1, new byte[3])),
          open("padding without its length", FRAME_SIZE_ERROR, frame(DATA, PADDED, 1, new byte[0])),
          new Provocation(
              "a stream that depends on itself",
              PROTOCOL_ERROR,
              client -> {
                int stream = client.get("/wait/x");
                byte[] priority = new byte[5];
                System.arraycopy(number(stream), 0, priority, 0, 4);
                client.write(PRIORITY, 0, stream, priority);
              }),
          new Provocation(
              "a body behind its end",
              STREAM_CLOSED,
              client -> client.data(client.get("/wait/x"), new byte[1], true)),
          new Provocation(
              "header fields behind the end",
              STREAM_CLOSED,
              client -> {
                int stream = client.get("/wait/x");
                byte[] block = client.encode(request("GET", "/wait/x"));
                client.write(HEADERS, END_HEADERS | END_STREAM, stream, block);
              }),
          new Provocation(
              "a body longer than its length",
              PROTOCOL_ERROR,
              client ->
                  client.data(
                      client.request(request("POST", "/wait/x").set("content-length", "1"), false),
                      new byte[2],
                      false)),
          new Provocation(
              "a body shorter than its length",
              PROTOCOL_ERROR,
              client ->
                  client.data(
                      client.request(request("POST", "/wait/x").set("content-length", "3"), false),
                      new byte[2],
                      true)),
          new Provocation(
              "trailers that do not end the stream",
              PROTOCOL_ERROR,
              client -> {
                int stream = client.request(request("POST", "/wait/x"), false);
                client.write(HEADERS, END_HEADERS, stream, client.encode(trailer("x", "y")));
              }),
          new Provocation(
              "trailers with a pseudo-header field",
              PROTOCOL_ERROR,
              client -> {
                int stream = client.request(request("POST", "/wait/x"), false);
                byte[] block = client.encode(trailer(":path", "/"));
                client.write(HEADERS, END_STREAM, stream, new byte[0]);
                client.write(CONTINUATION, END_HEADERS, stream, block);
              }),
          new Provocation(
              "a malformed request",
              PROTOCOL_ERROR,
              client -> client.request(request("GET", "/wait/x").set("Upper", "case"), true)));

  @ParameterizedTest
  @FieldSource("PROVOCATIONS")
  void requestsThatTheNodeIsMadeToResetAreBounded(Provocation provocation) throws Exception {
    try (AttackedNode attacked = new AttackedNode(fewResets());
        FrameClient attacker = attacked.attacker()) {
      for (int i = 0; i < MORE; i++) {
        provocation.act().on(attacker);
      }
      Frame first = attacker.await(frame -> frame.type() == RST_STREAM);
      assertThat(Http2Error.valueOf(first.errorCode())).isEqualTo(provocation.error());
      attacked.sentAway(attacker, ENHANCE_YOUR_CALM, "provoked_reset_flood");
      String kind = "http2_" + provocation.error().name().toLowerCase(Locale.ROOT);
      assertThat(attacked.node().counted(kind)).isEqualTo(RESETS);
      HttpNode.await(
          "all are told", () -> attacked.app().cancelled.size() == attacked.app().begun.size());
    }
  }

  /** No reset, and all the same a handler that has worked in vain. */
  @SuppressWarnings("unused") // by its name
  private static final List<Provocation> ANSWERED =
      List.of(
          new Provocation(
              "a body that turns out too long",
              Http2Error.NO_ERROR,
              client ->
                  client.data(
                      client.request(request("POST", "/wait/x"), false), new byte[1001], true)),
          new Provocation(
              "a trailer that may be none",
              Http2Error.NO_ERROR,
              client -> {
                int stream = client.request(request("POST", "/wait/x"), false);
                byte[] block = client.encode(trailer("content-length", "0"));
                client.write(HEADERS, END_HEADERS | END_STREAM, stream, block);
              }));

  @ParameterizedTest
  @FieldSource("ANSWERED")
  void requestsThatAreBrokenOffWithAnAnswerAreBoundedLikewise(Provocation provocation)
      throws Exception {
    try (AttackedNode attacked = new AttackedNode(fewResets());
        FrameClient attacker = attacked.attacker()) {
      for (int i = 0; i < MORE; i++) {
        provocation.act().on(attacker);
      }
      attacked.sentAway(attacker, ENHANCE_YOUR_CALM, "provoked_reset_flood");
      assertThat(attacked.app().begun.size()).isLessThanOrEqualTo(RESETS + 1);
      HttpNode.await(
          "all are told", () -> attacked.app().cancelled.size() == attacked.app().begun.size());
    }
  }

  @Test
  void streamsThatAreRefusedAreBounded() throws Exception {
    Settings settings = fewResets();
    settings.maxStreams = 1;
    try (AttackedNode attacked = new AttackedNode(settings);
        FrameClient attacker = attacked.attacker()) {
      for (int i = 0; i < MORE; i++) {
        attacker.get("/wait/x");
      }
      attacked.sentAway(attacker, ENHANCE_YOUR_CALM, "provoked_reset_flood");
      assertThat(attacked.node().counted("http2_refused_stream")).isEqualTo(RESETS);
      assertThat(attacked.app().begun).hasSize(1);
    }
  }
}
