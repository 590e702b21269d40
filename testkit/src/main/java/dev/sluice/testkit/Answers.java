// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a peer has to hear: bytes, each a character, and forms where they may differ. Immutable, but
 * for what is made of it once.
 */
final class Answers {

  static final Answers NONE = new Answers(List.of());

  /** How much of either side is shown around the first difference. */
  private static final int WINDOW = 40;

  /** Bytes as they are, or a regular expression over them. */
  private record Part(String text, boolean form) {
    String regex() {
      return form ? "(?:" + text + ")" : Pattern.quote(text);
    }
  }

  private final List<Part> parts;

  /** What is all bytes needs none: a long one would take a long time to compile. */
  private @Nullable Pattern pattern;

  private Answers(List<Part> parts) {
    this.parts = parts;
  }

  Answers bytes(String text) {
    return text.isEmpty() ? this : plus(new Part(text, false));
  }

  Answers form(String regex) {
    Pattern.compile(regex);
    return plus(new Part(regex, true));
  }

  private Answers plus(Part part) {
    List<Part> more = new ArrayList<>(parts);
    int last = more.size() - 1;
    if (last >= 0 && !part.form && !more.get(last).form) {
      more.set(last, new Part(more.get(last).text + part.text, false));
    } else {
      more.add(part);
    }
    return new Answers(more);
  }

  Answers plus(Answers others) {
    Answers all = this;
    for (Part part : others.parts) {
      all = all.plus(part);
    }
    return all;
  }

  /** Where bytes stand as they are; a form stays what it is. */
  Answers replacing(String wrong, String right) {
    return new Answers(
        parts.stream()
            .map(part -> part.form ? part : new Part(part.text.replace(wrong, right), false))
            .toList());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Answers answers && answers.parts.equals(parts);
  }

  @Override
  public int hashCode() {
    return parts.hashCode();
  }

  boolean isEmpty() {
    return parts.isEmpty();
  }

  /** Whether it is these bytes and nothing else. */
  boolean are(String received) {
    return literal() ? received.equals(text()) : matcher(received).matches();
  }

  /** Whether more bytes could follow so that it is all. */
  boolean beginWith(String received) {
    if (literal()) {
      return text().startsWith(received);
    }
    Matcher matcher = matcher(received);
    return matcher.matches() || matcher.hitEnd();
  }

  /** Where the received bytes are no longer those expected, in words. */
  String difference(String received) {
    int at = firstDifference(received);
    StringBuilder out = new StringBuilder();
    out.append(received.length()).append(" bytes came, and ");
    if (at == received.length()) {
      out.append("then more is expected");
    } else {
      out.append("byte ").append(at).append(" is the first that differs");
    }
    return out.append(":\n expected ")
        .append(expectedAt(received, at))
        .append("\n  but got ")
        .append(window(received, at))
        .toString();
  }

  /** As many bytes as could be the beginning, at most all of them. */
  private int firstDifference(String received) {
    int right = 0;
    int wrong = received.length() + 1;
    while (right + 1 < wrong) {
      int middle = (right + wrong) / 2;
      if (beginWith(received.substring(0, middle))) {
        right = middle;
      } else {
        wrong = middle;
      }
    }
    return right;
  }

  /** What came and is not expected, as far as it is bytes that are expected. */
  String wrongEnd(String received) {
    return received.substring(Math.min(received.length(), firstDifference(received)));
  }

  /** What is expected and has not come, as far as it is bytes. */
  String missing(String received) {
    return literal() && text().startsWith(received) ? text().substring(received.length()) : "";
  }

  private String expectedAt(String received, int at) {
    if (literal()) {
      return window(text(), at);
    }
    // As far as the parts can be told from each other: the first that what came does not fill.
    StringBuilder regex = new StringBuilder();
    for (Part part : parts) {
      Matcher before = Pattern.compile(regex.toString(), Pattern.DOTALL).matcher(received);
      regex.append(part.regex());
      Matcher with = Pattern.compile(regex.toString(), Pattern.DOTALL).matcher(received);
      if (!with.lookingAt()) {
        int from = before.lookingAt() ? before.end() : at;
        return part.form
            ? "from byte " + from + " on the form " + part.text
            : window(part.text, Math.min(part.text.length(), Math.max(0, at - from)));
      }
    }
    return "nothing more";
  }

  private static String window(String text, int at) {
    int from = Math.max(0, at - WINDOW);
    int to = Math.min(text.length(), at + WINDOW);
    return (from > 0 ? "…" : "")
        + ConversationScript.quoted(text.substring(from, to))
        + (to < text.length() ? "…" : "");
  }

  private boolean literal() {
    return parts.isEmpty() || (parts.size() == 1 && !parts.get(0).form);
  }

  private String text() {
    return parts.isEmpty() ? "" : parts.get(0).text;
  }

  private synchronized Matcher matcher(String received) {
    if (pattern == null) {
      StringBuilder regex = new StringBuilder();
      parts.forEach(part -> regex.append(part.regex()));
      pattern = Pattern.compile(regex.toString(), Pattern.DOTALL);
    }
    return pattern.matcher(received);
  }
}
