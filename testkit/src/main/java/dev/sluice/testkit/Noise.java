// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Input as no well-behaved client would send it, the same for the same seed. */
final class Noise {

  private static final int MAX_LENGTH = 600;

  private final Random random;
  private final byte[] sample;
  private final Mutations mutations;

  /**
   * Three of four inputs are made from the messages: that gets past a parser's first checks.
   *
   * @param messages as a client would send them, none of them empty
   */
  Noise(long seed, List<byte[]> messages) {
    this.random = new Random(seed);
    this.sample = ConversationScript.joined(messages);
    this.mutations = new Mutations(messages, random);
  }

  /** For sizes only. */
  Noise(long seed) {
    this(seed, List.of());
  }

  byte[] next() {
    return switch (sample.length == 0 ? 0 : random.nextInt(4)) {
      case 0 -> garbage();
      case 1 -> damaged();
      default -> mutations.next();
    };
  }

  /** Cuts the bytes into parts of random sizes. */
  byte[][] split(byte[] bytes) {
    int most = 1 + random.nextInt(64);
    byte[][] parts = new byte[bytes.length][];
    int count = 0;
    for (int from = 0; from < bytes.length; count++) {
      int to = Math.min(bytes.length, from + 1 + random.nextInt(most));
      parts[count] = Arrays.copyOfRange(bytes, from, to);
      from = to;
    }
    return Arrays.copyOf(parts, count);
  }

  int upTo(int most) {
    return random.nextInt(most + 1);
  }

  private byte[] garbage() {
    byte[] bytes = new byte[1 + random.nextInt(MAX_LENGTH)];
    random.nextBytes(bytes);
    if (random.nextInt(4) == 0) {
      Arrays.fill(bytes, bytes[0]);
    }
    return bytes;
  }

  private byte[] damaged() {
    byte[] bytes = Arrays.copyOf(sample, 1 + random.nextInt(2 * sample.length));
    for (int index = sample.length; index < bytes.length; index++) {
      bytes[index] = sample[index - sample.length];
    }
    for (int flips = random.nextInt(8); flips > 0; flips--) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    if (random.nextInt(3) == 0) {
      int from = random.nextInt(bytes.length);
      byte[] inserted = garbage();
      int length = Math.min(inserted.length, bytes.length - from);
      System.arraycopy(inserted, 0, bytes, from, length);
    }
    return bytes;
  }
}
