// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.ByteSize;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.client.HttpClient;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientResponse;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compressed responses: asked for only where that is wanted, whole, bounded, and given back. */
public abstract class DecompressionPromises extends ClientPromises {

  private static final byte[] TEXT =
      "It was the best of times, it was the worst of times. "
          .repeat(50)
          .getBytes(StandardCharsets.US_ASCII);

  private static byte[] gzip(byte[] data) {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try (GZIPOutputStream to = new GZIPOutputStream(out)) {
        to.write(data);
      }
      return out.toByteArray();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] deflate(byte[] data, boolean raw) {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      Deflater with = new Deflater(9, raw);
      try (DeflaterOutputStream to = new DeflaterOutputStream(out, with)) {
        to.write(data);
      }
      with.end();
      return out.toByteArray();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /** With every optional part of a gzip header. */
  private static byte[] gzipWithAllThereIs(byte[] data) {
    byte[] head = {
      0x1f, (byte) 0x8b, 8, 0x1f, 0, 0, 0, 0, 0, 3, 4, 0, 1, 2, 3, 4, 'n', 0, 'c', 'c', 0, 9, 9
    };
    CRC32 sum = new CRC32();
    sum.update(data);
    byte[] tail = new byte[8];
    for (int i = 0; i < 4; i++) {
      tail[i] = (byte) (sum.getValue() >> (8 * i));
      tail[4 + i] = (byte) (data.length >> (8 * i));
    }
    return join(head, deflate(data, true), tail);
  }

  private static AnsweringApp sending(String coding, byte[] body) {
    return new AnsweringApp()
        .on(
            "/",
            call ->
                call.respond(
                    RpcResponse.of(200)
                        .header("content-encoding", coding)
                        .header("etag", "\"1\"")
                        .body(Unpooled.wrappedBuffer(body))));
  }

  /** In pieces of a few bytes. */
  private static AnsweringApp trickling(String coding, byte[] body, int seed) {
    return new AnsweringApp()
        .on(
            "/",
            call -> {
              Random random = new Random(seed);
              ResponseBody answer =
                  call.respondStreaming(RpcResponse.of(200).header("content-encoding", coding));
              for (int at = 0; at < body.length; ) {
                int bytes = Math.min(body.length - at, 1 + random.nextInt(40));
                boolean unused = answer.write(Unpooled.copiedBuffer(body, at, bytes));
                at += bytes;
              }
              answer.finish();
            });
  }

  private HttpClientResponse received(AnsweringApp app) throws Exception {
    try (HttpNode node = node(app);
        HttpClient client = client(node).decompress().build()) {
      return get(client, HttpClientRequest.get(uri(node, "/")));
    }
  }

  private Kind refused(AnsweringApp app) throws Exception {
    try (HttpNode node = node(app);
        HttpClient client = client(node).decompress().build()) {
      Received received = new Received();
      client.send(HttpClientRequest.get(uri(node, "/")), received);
      return received.awaitFailure().kind();
    }
  }

  @Test
  void noneIsAskedForUnlessWanted() throws Exception {
    byte[] sent = gzip(TEXT);
    AnsweringApp app = sending("gzip", sent);
    try (HttpNode node = node(app);
        HttpClient client = client(node).build()) {
      HttpClientResponse response = get(client, HttpClientRequest.get(uri(node, "/")));
      assertThat(app.last().headers().first("accept-encoding")).isEmpty();
      assertThat(response.body()).isEqualTo(sent);
      assertThat(response.headers().first("content-encoding")).contains("gzip");
    }
  }

  @Test
  void theBodyComesAsItWasAndTheFieldsSayNothingElse() throws Exception {
    AnsweringApp app = sending("gzip", gzip(TEXT));
    HttpClientResponse response = received(app);
    assertThat(app.last().headers().first("accept-encoding")).contains("gzip, deflate");
    assertThat(response.body()).isEqualTo(TEXT);
    assertThat(response.headers().first("content-encoding")).isEmpty();
    assertThat(response.headers().first("Content-Length")).isEmpty();
    assertThat(response.headers().all("content-length")).isEmpty();
    assertThat(response.headers().first("etag")).contains("\"1\"");
    assertThat(response.head().contentLength()).isEqualTo(HttpClientRequest.UNKNOWN_LENGTH);
    int[] visited = new int[1];
    response
        .headers()
        .forEach(
            (name, value) -> {
              assertThat(name).isNotEqualToIgnoringCase("content-encoding");
              visited[0]++;
            });
    assertThat(response.headers().size()).isEqualTo(visited[0]);
  }

  @Test
  void aConnectionOfItsOwnDecodesToo() throws Exception {
    try (HttpNode node = node(sending("X-GZIP", gzip(TEXT)))) {
      var session = node.session(node.target(), OutboundOptions.plaintext(), version().name());
      HttpClientResponse response =
          session
              .send(HttpClientRequest.get("/").decompress(100))
              .toCompletableFuture()
              .get(20, TimeUnit.SECONDS);
      assertThat(response.body()).isEqualTo(TEXT);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void deflateComesWithZlibsHeaderOrWithout(boolean raw) throws Exception {
    assertThat(received(sending("deflate", deflate(TEXT, raw))).body()).isEqualTo(TEXT);
    assertThat(received(trickling("deflate", deflate(TEXT, raw), 1)).body()).isEqualTo(TEXT);
    assertThat(received(sending("deflate", deflate(new byte[0], raw))).body()).isEmpty();
  }

  @Test
  void membersFollowEachOther() throws Exception {
    byte[] sent = join(gzip(TEXT), gzip(new byte[0]), gzipWithAllThereIs(TEXT), gzip(TEXT));
    assertThat(received(sending("gzip", sent)).body()).isEqualTo(join(TEXT, TEXT, TEXT));
    for (int seed = 0; seed < 5; seed++) {
      assertThat(received(trickling("gzip", sent, seed)).body()).isEqualTo(join(TEXT, TEXT, TEXT));
    }
  }

  @Test
  void whateverItWasItComesBack() throws Exception {
    Random random = new Random(7);
    for (int i = 0; i < 10; i++) {
      byte[] data = new byte[random.nextInt(100_000)];
      random.nextBytes(data);
      Arrays.fill(data, random.nextInt(data.length + 1), data.length, (byte) 7);
      assertThat(received(sending("gzip", gzip(data))).body()).isEqualTo(data);
    }
  }

  @Test
  void aBodyThatIsNotThereIsEmpty() throws Exception {
    assertThat(received(sending("gzip", new byte[0])).body()).isEmpty();
    assertThat(received(trickling("gzip", new byte[0], 0)).body()).isEmpty();
  }

  @Test
  void whatHasNoBodyStaysAsItIs() throws Exception {
    AnsweringApp app =
        new AnsweringApp()
            .on(
                "/",
                call ->
                    call.respond(
                        RpcResponse.of(200)
                            .header("content-encoding", "gzip")
                            .body(Unpooled.wrappedBuffer(gzip(TEXT)))))
            .on(
                "/204",
                call -> call.respond(RpcResponse.of(204).header("content-encoding", "gzip")))
            .on(
                "/304",
                call -> call.respond(RpcResponse.of(304).header("content-encoding", "gzip")));
    try (HttpNode node = node(app);
        HttpClient client = client(node).decompress().build()) {
      for (String path : new String[] {"/204", "/304"}) {
        HttpClientResponse response = get(client, HttpClientRequest.get(uri(node, path)));
        assertThat(response.headers().first("content-encoding")).as(path).contains("gzip");
        assertThat(response.body()).isEmpty();
      }
      HttpClientResponse head = get(client, HttpClientRequest.of("HEAD", uri(node, "/")));
      assertThat(app.last().headers().first("accept-encoding")).isEmpty();
      assertThat(head.headers().first("content-encoding")).contains("gzip");
      assertThat(head.headers().first("content-length")).isPresent();
    }
  }

  @Test
  void whoAsksInOtherWordsGetsWhatComes() throws Exception {
    byte[] sent = gzip(TEXT);
    try (HttpNode node = node(sending("gzip", sent));
        HttpClient client = client(node).decompress().build()) {
      for (String name : new String[] {"Accept-Encoding", "range"}) {
        HttpClientRequest request = HttpClientRequest.get(uri(node, "/")).header(name, "x");
        assertThat(get(client, request).body()).as(name).isEqualTo(sent);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"br", "gzip, gzip", "identity", "gzip;q=1"})
  void anotherCodingStaysAsItIs(String coding) throws Exception {
    HttpClientResponse response = received(sending(coding, TEXT));
    assertThat(response.body()).isEqualTo(TEXT);
    assertThat(response.headers().first("content-encoding")).contains(coding);
  }

  @Test
  void aPartOfSomethingCompressedStaysAsItIs() throws Exception {
    AnsweringApp app =
        new AnsweringApp()
            .on(
                "/",
                call ->
                    call.respond(
                        RpcResponse.of(206)
                            .header("content-encoding", "gzip")
                            .body(Unpooled.wrappedBuffer(TEXT))));
    assertThat(received(app).body()).isEqualTo(TEXT);
  }

  // ---- what is wrong

  @Test
  void whatIsCutShortIsNoResponse() throws Exception {
    byte[] whole = gzip(TEXT);
    for (int length : new int[] {1, 2, 9, 10, 11, whole.length - 9, whole.length - 1}) {
      assertThat(refused(sending("gzip", Arrays.copyOf(whole, length))))
          .as("%s bytes", length)
          .isEqualTo(Kind.INVALID_RESPONSE);
    }
    byte[] deflated = deflate(TEXT, false);
    for (int length : new int[] {1, 2, deflated.length - 1}) {
      assertThat(refused(sending("deflate", Arrays.copyOf(deflated, length))))
          .as("%s bytes", length)
          .isEqualTo(Kind.INVALID_RESPONSE);
    }
    byte[] second = join(whole, Arrays.copyOf(whole, 5));
    assertThat(refused(sending("gzip", second))).isEqualTo(Kind.INVALID_RESPONSE);
  }

  @Test
  void nothingElseFollows() throws Exception {
    byte[] garbage = "garbage".getBytes(StandardCharsets.US_ASCII);
    assertThat(refused(sending("gzip", join(gzip(TEXT), garbage))))
        .isEqualTo(Kind.INVALID_RESPONSE);
    assertThat(refused(sending("gzip", join(gzip(TEXT), new byte[10]))))
        .isEqualTo(Kind.INVALID_RESPONSE);
    assertThat(refused(sending("deflate", join(deflate(TEXT, false), garbage))))
        .isEqualTo(Kind.INVALID_RESPONSE);
  }

  @Test
  void whatIsNotWhatItSaysIsNoResponse() throws Exception {
    assertThat(refused(sending("gzip", TEXT))).isEqualTo(Kind.INVALID_RESPONSE);
    assertThat(refused(sending("deflate", TEXT))).isEqualTo(Kind.INVALID_RESPONSE);
    for (int fromEnd = 1; fromEnd <= 8; fromEnd += 4) {
      byte[] wrong = gzip(TEXT);
      wrong[wrong.length - fromEnd] ^= 1;
      assertThat(refused(sending("gzip", wrong))).isEqualTo(Kind.INVALID_RESPONSE);
    }
  }

  @Test
  void aConnectionIsOfUseBehindOne() throws Exception {
    byte[] sent = gzip(TEXT);
    AnsweringApp app = sending("gzip", Arrays.copyOf(sent, 20));
    try (HttpNode node = node(app);
        HttpClient client = client(node).decompress().build()) {
      assertThatThrownBy(() -> get(client, HttpClientRequest.get(uri(node, "/"))))
          .hasMessageContaining("midst");
      app.on("/", call -> call.respond(RpcResponse.text("next")));
      assertThat(get(client, HttpClientRequest.get(uri(node, "/"))).text()).isEqualTo("next");
    }
  }

  // ---- bounds

  @Test
  void noMoreComesOutThanTheResponseMayHave() throws Exception {
    try (HttpNode node = node(sending("gzip", gzip(new byte[100_000])));
        HttpClient client = client(node).decompress().build()) {
      Received received = new Received();
      client.send(
          HttpClientRequest.get(uri(node, "/")).maxResponseSize(new ByteSize(99_999)), received);
      assertThat(received.awaitFailure().kind()).isEqualTo(Kind.RESPONSE_TOO_LARGE);
      assertThat(received.size()).isLessThan(100_000);
      Received enough = new Received();
      client.send(
          HttpClientRequest.get(uri(node, "/")).maxResponseSize(new ByteSize(100_000)), enough);
      assertThat(enough.awaitEnd().size()).isEqualTo(100_000);
    }
  }

  @Test
  void noMoreComesOutThanSoManyTimesWhatWasSent() throws Exception {
    byte[] sent = gzip(new byte[20 << 20]);
    try (HttpNode node = node(sending("gzip", sent));
        HttpClient client = client(node).decompress().build()) {
      Received bomb = new Received();
      client.send(HttpClientRequest.get(uri(node, "/")), bomb);
      assertThat(bomb.awaitFailure().kind()).isEqualTo(Kind.RESPONSE_TOO_LARGE);
      assertThat(bomb.size()).isBetween(1 << 20, 4 << 20);
      Received wanted = new Received();
      client.send(HttpClientRequest.get(uri(node, "/")).decompress(2000), wanted);
      assertThat(wanted.awaitEnd().size()).isEqualTo(20 << 20);
    }
  }

  /** Does this to its call at every part. */
  private static Received doing(HttpClientCall[] call, Consumer<HttpClientCall> action) {
    return new Received() {
      @Override
      public void part(ByteBuf data) {
        super.part(data);
        HttpNode.await("the call", () -> call[0] != null);
        action.accept(call[0]);
      }
    };
  }

  /** However much may come out of what was read. */
  @Test
  void aCallerThatPausesGetsNoMore() throws Exception {
    int size = 5 << 20;
    try (HttpNode node = node(sending("gzip", gzip(new byte[size])));
        HttpClient client = client(node).build()) {
      HttpClientCall[] call = new HttpClientCall[1];
      Received received = doing(call, HttpClientCall::pauseBody);
      call[0] = client.send(HttpClientRequest.get(uri(node, "/")).decompress(2000), received);
      int last = 0;
      while (last < size) {
        int before = last;
        HttpNode.await("more", () -> received.size() > before);
        last = received.size();
        assertThat(last - before).isLessThanOrEqualTo(16 << 10);
        assertThat(received.isOver()).isFalse();
        call[0].resumeBody();
      }
      received.awaitEnd();
    }
  }

  @Test
  void aCallIsGivenUpInItsMidst() throws Exception {
    try (HttpNode node = node(sending("gzip", gzip(new byte[5 << 20])));
        HttpClient client = client(node).build()) {
      HttpClientCall[] call = new HttpClientCall[1];
      Received received = doing(call, HttpClientCall::cancel);
      call[0] = client.send(HttpClientRequest.get(uri(node, "/")).decompress(2000), received);
      assertThat(received.awaitFailure().kind()).isEqualTo(Kind.CANCELLED);
      assertThat(received.parts).hasValue(1);
      HttpClientCall[] other = new HttpClientCall[1];
      Received paused = doing(other, HttpClientCall::pauseBody);
      other[0] = client.send(HttpClientRequest.get(uri(node, "/")).decompress(2000), paused);
      HttpNode.await("a part", () -> paused.parts.get() == 1);
      other[0].cancel();
      assertThat(paused.awaitFailure().kind()).isEqualTo(Kind.CANCELLED);
    }
  }

  @Test
  void aRedirectAsksAnew() throws Exception {
    AnsweringApp app =
        sending("gzip", gzip(TEXT))
            .on("/a", call -> call.respond(RpcResponse.of(302).header("location", "/")));
    try (HttpNode node = node(app);
        HttpClient client = client(node).decompress().followRedirects(3).build()) {
      assertThat(get(client, HttpClientRequest.get(uri(node, "/a"))).body()).isEqualTo(TEXT);
      assertThat(app.last().headers().all("accept-encoding")).containsExactly("gzip, deflate");
    }
  }
}
