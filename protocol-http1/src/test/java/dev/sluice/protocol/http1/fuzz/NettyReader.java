// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectDecoder;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** What Netty's decoders read out of the same bytes, given to them one by one. */
final class NettyReader {

  private final List<ReadMessage> read = new ArrayList<>();
  private final StringBuilder body = new StringBuilder();
  private String line = "";
  private List<String> fields = List.of();
  private boolean broken;

  private NettyReader() {}

  /** Not its limits but its reading is compared. */
  private static HttpDecoderConfig config() {
    return new HttpDecoderConfig()
        .setMaxInitialLineLength(1 << 20)
        .setMaxHeaderSize(1 << 20)
        .setMaxChunkSize(1 << 20);
  }

  static List<ReadMessage> requests(byte[] bytes) {
    return new NettyReader().read(new HttpRequestDecoder(config()), bytes);
  }

  /**
   * Of responses.
   *
   * @param methods of the requests that they answer, in order
   */
  static List<ReadMessage> responses(byte[] bytes, List<String> methods) {
    Deque<String> waiting = new ArrayDeque<>(methods);
    HttpObjectDecoder decoder =
        new HttpResponseDecoder(config().setAllowDuplicateContentLengths(true)) {
          @Override
          protected boolean isContentAlwaysEmpty(HttpMessage message) {
            if (((HttpResponse) message).status().code() < 200) {
              return super.isContentAlwaysEmpty(message);
            }
            return "HEAD".equals(waiting.poll()) || super.isContentAlwaysEmpty(message);
          }
        };
    return new NettyReader().read(decoder, bytes);
  }

  private List<ReadMessage> read(HttpObjectDecoder decoder, byte[] bytes) {
    EmbeddedChannel channel = new EmbeddedChannel(decoder);
    try {
      for (int at = 0; at < bytes.length && !broken; at++) {
        channel.writeInbound(Unpooled.wrappedBuffer(bytes, at, 1));
        take(channel, at + 1);
      }
      channel.finish();
      take(channel, bytes.length);
    } finally {
      channel.finishAndReleaseAll();
    }
    return read;
  }

  private void take(EmbeddedChannel channel, int so) {
    for (Object next = channel.readInbound(); next != null; next = channel.readInbound()) {
      try {
        take(next, so);
      } finally {
        ReferenceCountUtil.release(next);
      }
    }
  }

  private void take(Object next, int so) {
    if (next instanceof HttpMessage message) {
      broken |= message.decoderResult().isFailure();
      line =
          message instanceof HttpRequest request
              ? request.method() + " " + request.uri()
              : Integer.toString(((HttpResponse) message).status().code());
      fields = ReadMessage.texts(message.headers());
      body.setLength(0);
    }
    if (next instanceof HttpContent content) {
      broken |= content.decoderResult().isFailure();
      body.append(content.content().toString(ISO_8859_1));
    }
    if (next instanceof LastHttpContent last && !broken) {
      List<String> trailers = ReadMessage.texts(last.trailingHeaders());
      read.add(new ReadMessage(line, fields, body.toString(), trailers, so));
    }
  }
}
