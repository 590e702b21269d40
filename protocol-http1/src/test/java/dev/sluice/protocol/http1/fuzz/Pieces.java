// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.fuzz;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;

/** Ways to cut what a peer sends. */
public final class Pieces {

  private static final int SHORT = 100;

  /** Byte by byte is dear: of longer inputs it is one of so many. */
  private static final int LONGER = 16;

  private Pieces() {}

  public static List<byte[]> whole(byte[] bytes) {
    return cut(bytes, new TreeSet<>());
  }

  /** Around the ends of messages, so that it shows to the byte where a reader sees them. */
  public static List<byte[]> around(byte[] bytes, List<ReadMessage> messages) {
    TreeSet<Integer> places = new TreeSet<>();
    for (ReadMessage message : messages) {
      places.add(message.end() - 1);
      places.add(message.end());
    }
    return cut(bytes, places);
  }

  /** Of sizes that are the same for the same bytes: random ones, or of one byte each. */
  public static List<byte[]> some(byte[] bytes) {
    Random random = new Random(Arrays.hashCode(bytes));
    boolean single = random.nextInt(bytes.length <= SHORT ? 2 : LONGER) == 0;
    int most = single ? 1 : 1 + random.nextInt(1 + bytes.length);
    TreeSet<Integer> places = new TreeSet<>();
    for (int at = 1 + random.nextInt(most); at < bytes.length; at += 1 + random.nextInt(most)) {
      places.add(at);
    }
    return cut(bytes, places);
  }

  private static List<byte[]> cut(byte[] bytes, SortedSet<Integer> places) {
    places.add(bytes.length);
    List<byte[]> pieces = new ArrayList<>();
    int from = 0;
    for (int to : places) {
      if (to > from) {
        pieces.add(Arrays.copyOfRange(bytes, from, to));
        from = to;
      }
    }
    return pieces;
  }
}
