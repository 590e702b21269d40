// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameTypes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class Http2FramesTest {

  /** Writes down what it hears, pieces of DATA put together again. */
  private static final class Heard implements Http2Frames.Listener {

    private final List<String> frames = new ArrayList<>();
    private String body = "";

    @Override
    public void data(int stream, ByteBuf piece, boolean last) {
      body += piece.toString(StandardCharsets.US_ASCII);
      if (last) {
        frames.add("body of " + stream + ": " + body);
        body = "";
      }
    }

    @Override
    public void frame(byte type, int flags, int stream, ByteBuf payload) {
      frames.add(
          type
              + " of "
              + stream
              + ", "
              + flags
              + ": "
              + payload.toString(StandardCharsets.US_ASCII));
    }
  }

  private static void write(ByteBuf to, byte type, int flags, int stream, String payload) {
    Http2CodecUtil.writeFrameHeader(
        to, payload.length(), type, new Http2Flags((short) flags), stream);
    to.writeCharSequence(payload, StandardCharsets.US_ASCII);
  }

  @Test
  void framesAreTheSameWhereverTheyAreCut() throws Http2Exception {
    ByteBuf bytes = Unpooled.buffer();
    write(bytes, Http2FrameTypes.SETTINGS, 0, 0, "");
    write(bytes, Http2FrameTypes.HEADERS, Http2Flags.END_HEADERS, 1, "a head");
    write(bytes, Http2FrameTypes.DATA, 0, 1, "Hello, ");
    write(bytes, Http2FrameTypes.PING, 0, 0, "12345678");
    write(bytes, Http2FrameTypes.DATA, Http2Flags.END_STREAM, 1, "World!");
    write(bytes, Http2FrameTypes.DATA, Http2Flags.END_STREAM, 3, "");
    for (int size = 1; size <= bytes.readableBytes(); size++) {
      Heard heard = new Heard();
      Http2Frames frames = new Http2Frames(heard);
      ByteBuf left = bytes.duplicate();
      while (left.isReadable()) {
        frames.read(left.readSlice(Math.min(size, left.readableBytes())));
      }
      assertThat(heard.frames)
          .as("in pieces of %d", size)
          .containsExactly(
              "4 of 0, 0: ",
              "1 of 1, 4: a head",
              "6 of 0, 0: 12345678",
              "body of 1: Hello, World!",
              "body of 3: ");
    }
  }

  @Test
  void paddingIsNotTakenForBody() {
    ByteBuf bytes = Unpooled.buffer();
    write(bytes, Http2FrameTypes.DATA, Http2Flags.PADDED, 1, "\0body");
    assertThatThrownBy(() -> new Http2Frames(new Heard()).read(bytes))
        .isInstanceOf(IllegalStateException.class);
  }
}
