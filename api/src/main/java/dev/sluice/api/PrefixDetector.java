// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** See {@link ProtocolDetector#ofPrefixes}. */
final class PrefixDetector implements ProtocolDetector {

  private final byte[][] prefixes;
  private final int longest;

  PrefixDetector(String... words) {
    if (words.length == 0) {
      throw new IllegalArgumentException("no prefix");
    }
    prefixes = new byte[words.length][];
    int most = 0;
    for (int i = 0; i < words.length; i++) {
      prefixes[i] = bytes(words[i]);
      most = Math.max(most, prefixes[i].length);
    }
    longest = most;
  }

  private static byte[] bytes(String word) {
    if (word.isEmpty() || word.length() > MOST_BYTES) {
      throw new IllegalArgumentException(
          "a prefix of " + word.length() + " characters; allowed: 1 to " + MOST_BYTES);
    }
    if (word.chars().anyMatch(c -> c > 0xff)) {
      throw new IllegalArgumentException("a prefix has a character that is more than a byte");
    }
    return word.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Override
  public Detection detect(ByteBuf head) {
    Detection best = Detection.NOT_RECOGNISED;
    for (byte[] prefix : prefixes) {
      if (fits(prefix, head)) {
        if (prefix.length <= head.readableBytes()) {
          return Detection.RECOGNISED;
        }
        best = Detection.NEED_MORE;
      }
    }
    return best;
  }

  /** As far as both go. */
  private static boolean fits(byte[] prefix, ByteBuf head) {
    int length = Math.min(prefix.length, head.readableBytes());
    for (int i = 0; i < length; i++) {
      if (head.getByte(head.readerIndex() + i) != prefix[i]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int maxBytes() {
    return longest;
  }
}
