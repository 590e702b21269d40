// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static dev.sluice.protocol.http2.FrameClient.ACK;
import static dev.sluice.protocol.http2.FrameClient.CONTINUATION;
import static dev.sluice.protocol.http2.FrameClient.DATA;
import static dev.sluice.protocol.http2.FrameClient.END_HEADERS;
import static dev.sluice.protocol.http2.FrameClient.END_STREAM;
import static dev.sluice.protocol.http2.FrameClient.GOAWAY;
import static dev.sluice.protocol.http2.FrameClient.HEADERS;
import static dev.sluice.protocol.http2.FrameClient.INITIAL_WINDOW;
import static dev.sluice.protocol.http2.FrameClient.PADDED;
import static dev.sluice.protocol.http2.FrameClient.PING;
import static dev.sluice.protocol.http2.FrameClient.PRIORITY;
import static dev.sluice.protocol.http2.FrameClient.RST_STREAM;
import static dev.sluice.protocol.http2.FrameClient.SETTINGS;
import static dev.sluice.protocol.http2.FrameClient.WINDOW_UPDATE;
import static dev.sluice.protocol.http2.FrameClient.frame;
import static dev.sluice.protocol.http2.FrameClient.number;
import static dev.sluice.protocol.http2.FrameClient.request;
import static io.netty.handler.codec.http2.Http2Error.ENHANCE_YOUR_CALM;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.session.bridge.EndpointOptions;
import io.netty.handler.codec.http2.Http2Error;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames that cost a client nothing and the node something, by the thousand. */
@ResourceLock(value = HttpNode.LOG, mode = ResourceAccessMode.READ)
class FloodsTest {

  private static final int CONTROL_FRAMES = 100;

  /** The client's settings, and its acknowledgement of the node's. */
  private static final int USED_TO_CONNECT = 2;

  private static final int MANY = 2000;
  private static final byte[] NOTHING = new byte[0];
  private static final int UNKNOWN = 0x42;

  /** RFC 7541, section 2.3.3: what was put into the table last. */
  private static final int FIRST_IN_TABLE = 62;

  private static Settings fewFrames() {
    Settings settings = new Settings();
    settings.maxControlFrames = CONTROL_FRAMES;
    return settings;
  }

  /** A frame again and again; where there is a stream, it is the first, with a body to come. */
  @SuppressWarnings("ArrayRecordComponent") // a test reads it
  record Flood(String kind, byte[] frame) {
    @Override
    public String toString() {
      return kind + " by type " + frame[3] + " flags " + frame[4];
    }
  }

  @SuppressWarnings("unused") // by its name
  private static final List<Flood> FLOODS =
      List.of(
          new Flood("settings_flood", frame(SETTINGS, 0, 0, NOTHING)),
          new Flood("settings_flood", frame(SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, 0, 0})),
          new Flood("settings_flood", frame(SETTINGS, ACK, 0, NOTHING)),
          new Flood("ping_flood", frame(PING, 0, 0, new byte[8])),
          new Flood("ping_flood", frame(PING, ACK, 0, new byte[8])),
          new Flood("priority_flood", frame(PRIORITY, 0, 1, new byte[] {0, 0, 0, 0, 16})),
          new Flood("priority_flood", frame(PRIORITY, 0, 9, new byte[] {0, 0, 0, 7, 16})),
          new Flood("window_update_flood", frame(WINDOW_UPDATE, 0, 0, number(1))),
          new Flood("window_update_flood", frame(WINDOW_UPDATE, 0, 1, number(1))),
          new Flood("empty_data_flood", frame(DATA, 0, 1, NOTHING)),
          new Flood("empty_data_flood", frame(DATA, PADDED, 1, new byte[] {0})),
          new Flood("empty_data_flood", frame(DATA, PADDED, 1, new byte[] {3, 0, 0, 0})),
          new Flood("goaway_flood", frame(GOAWAY, 0, 0, new byte[8])),
          new Flood("unknown_frame_flood", frame(UNKNOWN, 0, 0, NOTHING)),
          new Flood("unknown_frame_flood", frame(UNKNOWN, 0xff, 1, new byte[100])));

  @ParameterizedTest
  @FieldSource("FLOODS")
  void framesThatCarryNothingAreBounded(Flood flood) throws Exception {
    try (AttackedNode attacked = new AttackedNode(fewFrames());
        FrameClient attacker = attacked.attacker()) {
      int stream = attacker.request(request("POST", "/sink"), false);
      assertThat(stream).isEqualTo(1);
      attacker.flood(flood.frame(), MANY);
      attacked.sentAway(attacker, ENHANCE_YOUR_CALM, flood.kind());
    }
  }

  @Test
  void asManyAsAreAllowedAreTaken() throws Exception {
    try (AttackedNode attacked = new AttackedNode(fewFrames());
        FrameClient client = attacked.attacker()) {
      int pings = CONTROL_FRAMES - USED_TO_CONNECT;
      client.flood(frame(PING, 0, 0, new byte[8]), pings);
      for (int i = 0; i < pings; i++) {
        assertThat(client.await(one -> one.type() == PING).flags()).isEqualTo(ACK);
      }
      AttackedNode.serve(client);
    }
  }

  @Test
  void whatIsSentBesideThemGivesThemBack() throws Exception {
    try (AttackedNode attacked = new AttackedNode(fewFrames());
        FrameClient client = attacked.attacker()) {
      byte[] two = new byte[2 * 17];
      System.arraycopy(frame(PING, 0, 0, new byte[8]), 0, two, 0, 17);
      System.arraycopy(frame(PING, 0, 0, new byte[8]), 0, two, 17, 17);
      for (int i = 0; i < 3 * CONTROL_FRAMES; i++) {
        client.send(two);
        AttackedNode.serve(client);
      }
    }
  }

  @Test
  void answersThatAreNotReadDoNotPileUp() throws Exception {
    HttpNode.Options options = fewFrames().options();
    EndpointOptions.Limits limits = EndpointOptions.Limits.defaults();
    // Where the kernel has room for the last word the linger ends it, else the slow consumer's
    // time.
    options.limits =
        new EndpointOptions.Limits(
            limits.idleTimeout(),
            limits.handshakeTimeout(),
            Duration.ofSeconds(2),
            16 << 10,
            limits.hardMark(),
            Duration.ofMillis(300));
    try (AttackedNode attacked = new AttackedNode(options);
        FrameClient attacker =
            FrameClient.narrow(attacked.port(), INITIAL_WINDOW, Integer.MAX_VALUE)) {
      attacker.window(0, Integer.MAX_VALUE - 65_535);
      // Fills what the kernel takes; the PINGs' answers wait behind it.
      int download = attacker.get("/bytes/100000000");
      attacker.awaitHeaders(download);
      int upload = attacker.request(request("POST", "/sink"), false);
      ByteArrayOutputStream pair = new ByteArrayOutputStream();
      pair.writeBytes(frame(PING, 0, 0, new byte[8]));
      pair.writeBytes(frame(DATA, 0, upload, new byte[1]));
      boolean unused = attacker.flood(pair.toByteArray(), 100_000);
      HttpNode.await("it is seen", () -> attacked.node().counted("control_queue_full") == 1);
      attacked.closedFor("protocol_error", "control_queue_full");
    }
  }

  // ---- header blocks in pieces

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 100})
  void smallContinuationsAreBounded(int length) throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient attacker = attacked.attacker()) {
      attacker.write(HEADERS, 0, 1, attacker.encode(request("GET", "/hello")));
      attacker.flood(frame(CONTINUATION, 0, 1, new byte[length]), MANY);
      attacked.sentAway(attacker, ENHANCE_YOUR_CALM, "continuation_flood");
    }
  }

  @Test
  void largeContinuationsAreBounded() throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient attacker = attacked.attacker()) {
      attacker.write(HEADERS, 0, 1, attacker.encode(request("GET", "/hello")));
      attacker.flood(frame(CONTINUATION, 0, 1, new byte[8 << 10]), 50);
      attacked.sentAway(attacker, ENHANCE_YOUR_CALM, "headers_too_large");
    }
  }

  @Test
  void aHeaderBlockInSeventeenPiecesIsTaken() throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient client = attacked.attacker()) {
      int stream = client.newStream();
      byte[] block = client.encode(request("GET", "/hello"));
      client.write(HEADERS, END_STREAM, stream, NOTHING);
      for (int i = 0; i < Floods.MAX_CONTINUATIONS; i++) {
        boolean last = i == Floods.MAX_CONTINUATIONS - 1;
        client.write(CONTINUATION, last ? END_HEADERS : 0, stream, last ? block : NOTHING);
      }
      assertThat(client.awaitHeaders(stream).status()).isEqualTo("200");
    }
  }

  // ---- tables

  /** A field is put into the table once, and named by a byte each time from then on. */
  @Test
  void aTinyBlockThatNamesALargeFieldAgainAndAgainStaysTiny() throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient attacker = attacked.attacker()) {
      ByteArrayOutputStream bomb = new ByteArrayOutputStream();
      bomb.writeBytes(attacker.encode(request("GET", "/hello").add("x", "y".repeat(3000))));
      for (int i = 0; i < 10_000; i++) {
        bomb.write(0x80 | FIRST_IN_TABLE);
      }
      int stream = attacker.newStream();
      attacker.write(HEADERS, END_HEADERS | END_STREAM, stream, bomb.toByteArray());
      attacked.answeredFor(attacker, stream, 431, "headers_too_large");
    }
  }

  @Test
  void bombsOneAfterTheOtherAreTooMany() throws Exception {
    Settings settings = new Settings();
    settings.maxResets = 20;
    try (AttackedNode attacked = new AttackedNode(settings);
        FrameClient attacker = attacked.attacker()) {
      byte[] bomb = new byte[1000];
      Arrays.fill(bomb, (byte) 0x82);
      for (int i = 0; i < 30; i++) {
        attacker.write(HEADERS, END_HEADERS | END_STREAM, attacker.newStream(), bomb);
      }
      attacked.sentAway(attacker, ENHANCE_YOUR_CALM, "provoked_reset_flood");
      assertThat(attacked.node().counted("headers_too_large")).isEqualTo(20);
    }
  }

  /** RFC 7541, section 4.2: no more than two of them make sense. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5000})
  void changesOfTheTablesSizeAreBounded(int changes) throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient attacker = attacked.attacker()) {
      ByteArrayOutputStream block = new ByteArrayOutputStream();
      for (int i = 0; i < changes; i++) {
        block.writeBytes(i % 2 == 0 ? new byte[] {0x20} : new byte[] {0x3f, (byte) 0xe1, 0x1f});
      }
      block.writeBytes(attacker.encode(request("GET", "/hello")));
      int stream = attacker.newStream();
      attacker.write(HEADERS, END_HEADERS | END_STREAM, stream, block.toByteArray());
      if (changes <= 2) {
        assertThat(attacker.awaitHeaders(stream).status()).isEqualTo("200");
      } else {
        attacked.sentAway(attacker, ENHANCE_YOUR_CALM, "table_size_flood");
      }
    }
  }

  @Test
  void garbageForAHeaderBlockEndsTheConnection() throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient attacker = attacked.attacker()) {
      attacker.write(HEADERS, END_HEADERS | END_STREAM, 1, new byte[] {0x40, 100, 'x'});
      attacked.sentAway(attacker, Http2Error.COMPRESSION_ERROR, "http2_compression_error");
    }
  }

  @Test
  void resetsOfStreamsThatHaveEndedCountToo() throws Exception {
    Settings settings = new Settings();
    settings.maxResets = 20;
    try (AttackedNode attacked = new AttackedNode(settings);
        FrameClient attacker = attacked.attacker()) {
      AttackedNode.serve(attacker);
      attacker.flood(frame(RST_STREAM, 0, 1, number(8)), MANY);
      attacked.sentAway(attacker, ENHANCE_YOUR_CALM, "reset_flood");
    }
  }
}
