// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.RequestHead;
import dev.sluice.protocol.http.RequestTarget;
import dev.sluice.protocol.http1.fuzz.OddRequests;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What our parsers take, Netty's decoder takes too, and reads the same from it: two readers of one
 * message must never see two messages. The other way round we are the stricter.
 */
class NettyDecoderComparisonTest {

  /** A message as it was read. */
  private record Message(String method, String target, List<String> fields, String body) {

    static List<String> texts(HttpHeaders fields) {
      List<String> texts = new ArrayList<>();
      fields.forEach(field -> texts.add(field.getKey() + ": " + field.getValue()));
      return texts;
    }

    static List<String> texts(RpcHeaders fields) {
      List<String> texts = new ArrayList<>();
      fields.forEach((name, value) -> texts.add(name + ": " + value));
      return texts;
    }

    /** Applications are told the path of an absolute form. */
    static String inOriginForm(String path, @Nullable String query) {
      return query == null ? path : path + '?' + query;
    }
  }

  @Test
  void bothReadTheSameMessages() throws Exception {
    Random random = new Random(7);
    int taken = 0;
    for (int i = 0; i < 20_000; i++) {
      String input = OddRequests.next(random);
      Message ours = ours(input);
      if (ours != null) {
        taken++;
        assertThat(netty(input)).as(input).isEqualTo(ours);
      }
    }
    assertThat(taken).as("messages to compare").isGreaterThan(500);
  }

  private static @Nullable Message ours(String input) {
    HttpConfiguration limits = HttpConfiguration.defaults();
    ByteBuf in = Unpooled.copiedBuffer(input, StandardCharsets.ISO_8859_1);
    try {
      RequestHead request = new HeadParser(limits, true).parse(in);
      if (request == null) {
        return null;
      }
      List<String> fields = Message.texts(request.headers());
      StringBuilder body = new StringBuilder();
      if (request.contentLength() == RequestHead.UNKNOWN_LENGTH) {
        ChunkedBody chunks = new ChunkedBody(limits);
        for (ByteBuf part = chunks.next(in); part != null; part = chunks.next(in)) {
          body.append(part.toString(StandardCharsets.ISO_8859_1));
        }
        if (!chunks.complete()) {
          return null;
        }
      } else if (in.readableBytes() < request.contentLength()) {
        return null;
      } else {
        body.append(
            in.toString(
                in.readerIndex(), (int) request.contentLength(), StandardCharsets.ISO_8859_1));
      }
      return new Message(
          request.method(),
          Message.inOriginForm(request.path(), request.query()),
          fields,
          body.toString());
    } catch (HttpRefusal refused) {
      return null;
    } finally {
      in.release();
    }
  }

  private static Message netty(String input) throws HttpRefusal {
    EmbeddedChannel channel = new EmbeddedChannel(new HttpRequestDecoder());
    channel.writeInbound(Unpooled.copiedBuffer(input, StandardCharsets.ISO_8859_1));
    HttpRequest request = channel.readInbound();
    assertThat(request.decoderResult().isSuccess())
        .as("%s: %s", input, request.decoderResult())
        .isTrue();
    List<String> fields = Message.texts(request.headers());
    StringBuilder body = new StringBuilder();
    boolean ended = false;
    for (HttpObject next = channel.readInbound(); next != null; next = channel.readInbound()) {
      if (!ended && next instanceof HttpContent content) {
        body.append(content.content().toString(StandardCharsets.ISO_8859_1));
        ended = next instanceof LastHttpContent;
      }
      ReferenceCountUtil.release(next);
    }
    channel.finishAndReleaseAll();
    RequestTarget target = RequestTarget.parse(request.method().name(), request.uri());
    return new Message(
        request.method().name(),
        Message.inOriginForm(target.path(), target.query()),
        fields,
        body.toString());
  }
}
