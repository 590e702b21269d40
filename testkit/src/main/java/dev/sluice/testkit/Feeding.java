// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.testkit.ConversationScript.Exchange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Ways in which bytes come to a session, and answers to a peer. */
final class Feeding {

  private static final int MAX_POSITIONS = 1_000;

  private Feeding() {}

  static byte[][] single(byte[] bytes) {
    byte[][] parts = new byte[bytes.length][];
    for (int index = 0; index < bytes.length; index++) {
      parts[index] = new byte[] {bytes[index]};
    }
    return parts;
  }

  static void split(InMemoryConnection to, byte[] bytes, int position) {
    to.feed(Arrays.copyOf(bytes, position));
    to.feed(Arrays.copyOfRange(bytes, position, bytes.length));
  }

  static void eachByte(InMemoryConnection to, byte[] bytes) {
    for (byte[] one : single(bytes)) {
      to.feed(one);
    }
  }

  /** Several parts a pass. */
  static void passes(InMemoryConnection to, Noise sizes, byte[][] parts) {
    for (int from = 0; from < parts.length; ) {
      int end = Math.min(parts.length, from + 1 + sizes.upTo(3));
      to.feed(Arrays.copyOfRange(parts, from, end));
      from = end;
    }
  }

  static void readSlowly(InMemoryConnection from, Random random, int most) {
    while (from.pendingOutput() > 0) {
      from.read(1 + random.nextInt(most));
    }
    // What was granted beyond the last byte must not count for the next answer.
    from.stopReading();
  }

  /** Input in pieces that know nothing of messages, while older answers still wait to be taken. */
  static void whileReadingSlowly(
      InMemoryConnection connection, ConversationScript script, Random random, int most) {
    connection.stopReading();
    for (byte[] part : new Noise(random.nextLong()).split(script.input())) {
      connection.feed(part);
      connection.read(random.nextInt(most));
    }
    for (Exchange exchange : script.exchanges()) {
      readSlowly(connection, random, most);
      connection.advance(exchange.pause());
    }
    readSlowly(connection, random, most);
  }

  /** One of the ways in which a connection may end, 0 to 4, and time for what comes of it. */
  static void endSomehow(InMemoryConnection connection, int way) {
    switch (way) {
      case 0 -> connection.endInput();
      case 1 -> connection.askToClose();
      case 2 -> connection.drain(Duration.ofSeconds(10));
      case 3 -> connection.expire();
      default -> connection.reset();
    }
    connection.advance(Duration.ofHours(1));
  }

  /** Every position inside, or where there are too many a choice that is the same for a seed. */
  static List<Integer> positions(int length, long seed) {
    List<Integer> all = new ArrayList<>(IntStream.range(1, length).boxed().toList());
    Collections.shuffle(all, new Random(seed));
    return all.subList(0, Math.min(all.size(), MAX_POSITIONS));
  }
}
