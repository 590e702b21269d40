// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A path with parameters in place of some segments: {@code /app/log/{id}}; a last one with a star,
 * {@code /files/{path*}}, takes all that is left, which may be nothing.
 */
final class PathTemplate {

  private static final Pattern NAME = Pattern.compile("[a-z][a-zA-Z0-9_]*");
  private static final Pattern SEPARATOR = Pattern.compile("[/\\\\]");

  private final String text;
  private final List<Segment> segments;
  private final List<String> names;
  private final boolean openEnded;

  /** A word, or a parameter of that name. */
  private record Segment(String word, boolean parameter) {}

  private PathTemplate(String text, List<Segment> segments, boolean openEnded) {
    this.text = text;
    this.segments = segments;
    this.names = segments.stream().filter(Segment::parameter).map(Segment::word).toList();
    this.openEnded = openEnded;
  }

  static PathTemplate parse(String text) {
    if (!text.startsWith("/")) {
      throw new IllegalArgumentException("a path starts with a slash: " + text);
    }
    List<Segment> segments = new ArrayList<>();
    Set<String> names = new HashSet<>();
    String[] words = text.substring(1).split("/", -1);
    boolean openEnded = false;
    for (int i = 0; i < words.length; i++) {
      String word = words[i];
      if (!word.contains("{") && !word.contains("}")) {
        segments.add(new Segment(word, false));
        continue;
      }
      openEnded = i == words.length - 1 && word.endsWith("*}");
      String name = word.length() < 3 ? "" : word.substring(1, word.length() - (openEnded ? 2 : 1));
      if (!word.startsWith("{") || !word.endsWith("}") || !NAME.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "a parameter is a whole segment, such as {id}, and one with a star the last: " + text);
      }
      if (!names.add(name)) {
        throw new IllegalArgumentException("the parameter " + name + " is there twice: " + text);
      }
      segments.add(new Segment(name, true));
    }
    return new PathTemplate(text, List.copyOf(segments), openEnded);
  }

  boolean hasParameters() {
    return !names.isEmpty();
  }

  /** How many segments it has. */
  int length() {
    return segments.size();
  }

  /** Whether its last segment takes all that is left. */
  boolean openEnded() {
    return openEnded;
  }

  /** The word at a segment; null where there is a parameter. */
  @Nullable String word(int index) {
    Segment segment = segments.get(index);
    return segment.parameter ? null : segment.word;
  }

  /** Of a path that fits, decoded; null where that can't be done. */
  @Nullable PathParameters parameters(String path) {
    String[] values = new String[names.size()];
    int filled = 0;
    int at = 1;
    for (int i = 0; i < segments.size(); i++) {
      boolean rest = openEnded && i == segments.size() - 1;
      int slash = path.indexOf('/', at);
      int end = rest || slash < 0 ? path.length() : slash;
      if (segments.get(i).parameter) {
        values[filled++] = at > path.length() ? "" : path.substring(at, end);
      }
      at = end + 1;
    }
    return PathParameters.of(names, values);
  }

  /**
   * Whether what an open end has taken, decoded, has segments that lead elsewhere (RFC 3986,
   * section 3.3), be they apart by slashes or, as some file systems have it, by backslashes.
   */
  boolean hasDotSegments(Map<String, String> decoded) {
    if (!openEnded) {
      return false;
    }
    String rest = decoded.getOrDefault(names.get(names.size() - 1), "");
    for (String segment : SEPARATOR.split(rest, -1)) {
      if (segment.equals(".") || segment.equals("..")) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String toString() {
    return text;
  }
}
