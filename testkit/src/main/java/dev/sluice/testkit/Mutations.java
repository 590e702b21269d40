// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A script's messages with something wrong: what comes before it stays as it is, so that it reaches
 * a session in the state that it is wrong for.
 */
final class Mutations {

  private static final Pattern NUMBER = Pattern.compile("[0-9]+");

  /** Where counters of 8 to 64 bits turn over, in text and, by their low bits, in bytes. */
  private static final List<String> BOUNDS =
      List.of(
          "0",
          "-1",
          "1",
          "127",
          "128",
          "255",
          "256",
          "32767",
          "32768",
          "65535",
          "65536",
          "16777215",
          "16777216",
          "2147483647",
          "2147483648",
          "4294967295",
          "4294967296",
          "9223372036854775807",
          "9223372036854775808",
          "18446744073709551616",
          "00000000000000000000000",
          "+1",
          "1.5",
          "",
          " ");

  private static final byte[] SPECIAL = {0, '\n', '\r', ' ', '"', ':', 0x7f, (byte) 0x80, -1};

  /**
   * What a message may be made longer by: beyond what is usual as a bound of a line or a header.
   */
  private static final int[] STRETCHES = {2, 64, 1_024, 9_000};

  private final List<byte[]> messages;
  private final Random random;

  /** Which messages have numbers in text: the only ones that may be given others. */
  private final List<Integer> numbered = new ArrayList<>();

  Mutations(List<byte[]> messages, Random random) {
    this.messages = messages;
    this.random = random;
    for (int index = 0; index < messages.size(); index++) {
      if (NUMBER.matcher(new String(messages.get(index), ISO_8859_1)).find()) {
        numbered.add(index);
      }
    }
  }

  byte[] next() {
    List<byte[]> all = new ArrayList<>(messages);
    int at = random.nextInt(all.size());
    switch (random.nextInt(9)) {
      case 0 -> all.remove(at);
      case 1 -> all.add(at, all.get(random.nextInt(all.size())));
      case 2 -> all.addAll(List.copyOf(all.subList(at, all.size())));
      case 3, 4, 5 -> {
        int with = numbered.isEmpty() ? at : numbered.get(random.nextInt(numbered.size()));
        all.set(with, number(all.get(with)));
      }
      case 6 -> all.set(at, length(all.get(at)));
      case 7 -> all.set(at, stretched(all.get(at)));
      default -> all.set(at, touched(all.get(at)));
    }
    return ConversationScript.joined(all);
  }

  /** A number in text at one of its bounds. */
  private byte[] number(byte[] message) {
    String text = new String(message, ISO_8859_1);
    List<MatchResult> numbers = NUMBER.matcher(text).results().toList();
    if (numbers.isEmpty()) {
      return length(message);
    }
    MatchResult number = numbers.get(random.nextInt(numbers.size()));
    return (text.substring(0, number.start()) + bound(number) + text.substring(number.end()))
        .getBytes(ISO_8859_1);
  }

  private String bound(MatchResult number) {
    if (random.nextInt(4) == 0 && number.group().length() < 10) {
      return Long.toString(Long.parseLong(number.group()) + (random.nextBoolean() ? 1 : -1));
    }
    return BOUNDS.get(random.nextInt(BOUNDS.size()));
  }

  /**
   * A number of one to four bytes at one of its bounds: preferably where there is one that is as
   * large as what follows it.
   */
  private byte[] length(byte[] message) {
    int width = 1 + random.nextInt(4);
    if (message.length < width) {
      return touched(message);
    }
    List<Integer> lengths = new ArrayList<>();
    for (int from = 0; from + width <= message.length; from++) {
      if (value(message, from, width) == message.length - from - width) {
        lengths.add(from);
      }
    }
    int from =
        lengths.isEmpty()
            ? random.nextInt(message.length - width + 1)
            : lengths.get(random.nextInt(lengths.size()));
    long before = value(message, from, width);
    long[] values = {
      0, 1, before - 1, before + 1, (1L << (8 * width - 1)) - 1, 1L << (8 * width - 1), -1
    };
    long value = values[random.nextInt(values.length)];
    byte[] changed = message.clone();
    for (int index = 0; index < width; index++) {
      changed[from + index] = (byte) (value >> (8 * (width - 1 - index)));
    }
    return changed;
  }

  private static long value(byte[] message, int from, int width) {
    long value = 0;
    for (int index = from; index < from + width; index++) {
      value = (value << 8) | (message[index] & 0xff);
    }
    return value;
  }

  /** A part of it many times. */
  private byte[] stretched(byte[] message) {
    int from = random.nextInt(message.length);
    int to = Math.min(message.length, from + 1 + random.nextInt(8));
    int times = Math.max(2, STRETCHES[random.nextInt(STRETCHES.length)] / (to - from));
    String text = new String(message, ISO_8859_1);
    return (text.substring(0, from) + text.substring(from, to).repeat(times) + text.substring(to))
        .getBytes(ISO_8859_1);
  }

  /** A byte more, less or otherwise. */
  private byte[] touched(byte[] message) {
    int at = random.nextInt(message.length);
    byte special = SPECIAL[random.nextInt(SPECIAL.length)];
    byte[] before = Arrays.copyOf(message, at);
    byte[] after = Arrays.copyOfRange(message, at + 1, message.length);
    return switch (random.nextInt(4)) {
      case 0 -> ConversationScript.joined(List.of(before, after));
      case 1 -> ConversationScript.joined(List.of(before, new byte[] {special}, after));
      case 2 -> ConversationScript.joined(List.of(message, new byte[] {special}));
      default -> {
        byte[] flipped = message.clone();
        flipped[at] ^= (byte) (1 << random.nextInt(8));
        yield flipped;
      }
    };
  }
}
