// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2.fuzz;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a peer sends, made of an input. The first byte says how it is meant: as bytes, or as frames
 * whose lengths are right, so that the search need not find those by itself.
 */
final class Frames {

  private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);
  private static final int HEADERS = 1;
  private static final int SETTINGS = 4;
  private static final int CONTINUATION = 9;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;

  private Frames() {}

  /** Of a client, which begins with the preface; or with anything. */
  static byte[] ofClient(byte[] input) {
    return of(input, PREFACE);
  }

  static byte[] ofServer(byte[] input) {
    return of(input, new byte[0]);
  }

  private static byte[] of(byte[] input, byte[] preface) {
    if (input.length == 0) {
      return input;
    }
    byte[] rest = Arrays.copyOfRange(input, 1, input.length);
    return switch (input[0] & 3) {
      case 0 -> rest;
      case 1 -> join(preface, settings(), rest);
      default -> join(preface, settings(), frames(rest));
    };
  }

  /** Type, flags, stream and length in a byte each, then the payload. */
  private static byte[] frames(byte[] input) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int at = 0;
    while (at + 4 <= input.length) {
      int to = Math.min(input.length, at + 4 + (input[at + 3] & 0xff));
      byte[] payload = Arrays.copyOfRange(input, at + 4, to);
      out.writeBytes(frame(input[at], input[at + 1], input[at + 2] & 0xff, payload));
      at = to;
    }
    return out.toByteArray();
  }

  /** Requests on one stream after the other, of the blocks of fields: a length in a byte, each. */
  static byte[] ofBlocks(byte[] input, boolean cut) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(PREFACE);
    out.writeBytes(settings());
    int stream = 1;
    for (byte[] block : blocks(input)) {
      int first = cut ? block.length / 3 : block.length;
      int end = cut ? 0 : END_HEADERS;
      out.writeBytes(frame(HEADERS, END_STREAM | end, stream, Arrays.copyOf(block, first)));
      if (cut) {
        byte[] rest = Arrays.copyOfRange(block, first, block.length);
        out.writeBytes(frame(CONTINUATION, END_HEADERS, stream, rest));
      }
      stream += 2;
    }
    return out.toByteArray();
  }

  static List<byte[]> blocks(byte[] input) {
    List<byte[]> blocks = new ArrayList<>();
    int at = 0;
    while (at < input.length) {
      int to = Math.min(input.length, at + 1 + (input[at] & 0xff));
      blocks.add(Arrays.copyOfRange(input, at + 1, to));
      at = to;
    }
    return blocks;
  }

  private static byte[] settings() {
    return frame(SETTINGS, 0, 0, new byte[0]);
  }

  private static byte[] frame(int type, int flags, int stream, byte[] payload) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0);
    out.write(payload.length >> 8);
    out.write(payload.length);
    out.write(type);
    out.write(flags);
    out.writeBytes(new byte[] {0, 0, 0, (byte) stream});
    out.writeBytes(payload);
    return out.toByteArray();
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
