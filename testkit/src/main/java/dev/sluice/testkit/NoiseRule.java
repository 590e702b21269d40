// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.testkit.ConversationScript.Exchange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a session owes input that makes no sense: it neither throws nor hangs nor leaks. */
final class NoiseRule {

  /** How a connection may end, as {@link Feeding#endSomehow} numbers it. */
  private static final List<String> ENDS =
      List.of("endInput()", "askToClose()", "drain(Duration.ofSeconds(10))", "expire()", "reset()");

  private NoiseRule() {}

  static void check(SessionTrials trials, int inputs) {
    List<byte[]> messages = trials.script().exchanges().stream().map(Exchange::bytes).toList();
    trials.many(
        platform -> {
          Noise noise = new Noise(trials.seed(), messages);
          for (int input = 0; input < inputs; input++) {
            byte[] bytes = noise.next();
            List<byte[][]> passes = passes(noise, noise.split(bytes));
            int end = noise.upTo(ENDS.size() - 1);
            try {
              trials.trial(
                  "seed " + trials.seed() + ", input " + input,
                  platform,
                  talk -> {
                    passes.forEach(talk.connection()::feed);
                    Feeding.endSomehow(talk.connection(), end);
                  });
            } catch (AssertionError failure) {
              throw new AssertionError(
                  failure.getMessage() + "\n\nto see it again:\n\n" + code(passes, end), failure);
            }
          }
        });
  }

  /** Several parts a pass. */
  private static List<byte[][]> passes(Noise sizes, byte[][] parts) {
    List<byte[][]> passes = new ArrayList<>();
    for (int from = 0; from < parts.length; ) {
      int end = Math.min(parts.length, from + 1 + sizes.upTo(3));
      passes.add(Arrays.copyOfRange(parts, from, end));
      from = end;
    }
    return passes;
  }

  /** A test's body, in a subclass of the contract. */
  static String code(List<byte[][]> passes, int end) {
    StringBuilder out = new StringBuilder();
    out.append("try (InMemoryPlatform platform = new InMemoryPlatform(protocol())) {\n")
        .append("  configure(platform);\n")
        .append("  InMemoryConnection connection = platform.connect();\n");
    for (byte[][] pass : passes) {
      List<String> parts = new ArrayList<>();
      for (byte[] part : pass) {
        parts.add("\n      " + literal(part) + ".getBytes(ISO_8859_1)");
      }
      out.append("  connection.feed(").append(String.join(",", parts)).append(");\n");
    }
    return out.append("  connection.")
        .append(ENDS.get(end))
        .append(";\n  connection.advance(Duration.ofHours(1));\n}")
        .toString();
  }

  /** Java's: three octal digits mean one byte whatever follows. */
  static String literal(byte[] bytes) {
    StringBuilder out = new StringBuilder("\"");
    for (byte one : bytes) {
      switch (one) {
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        default -> {
          if (one >= ' ' && one < 0x7f) {
            out.append((char) one);
          } else {
            out.append('\\')
                .append((char) ('0' + ((one >> 6) & 3)))
                .append((char) ('0' + ((one >> 3) & 7)))
                .append((char) ('0' + (one & 7)));
          }
        }
      }
    }
    return out.append('"').toString();
  }
}
