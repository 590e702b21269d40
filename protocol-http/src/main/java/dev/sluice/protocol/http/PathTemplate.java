// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import java.util.ArrayList;
import java.util.HashMap;
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
final class PathTemplate implements Comparable<PathTemplate> {

  private static final Pattern NAME = Pattern.compile("[a-z][a-zA-Z0-9_]*");
  private static final Pattern SEPARATOR = Pattern.compile("[/\\\\]");

  private final String text;
  private final List<Segment> segments;
  private final boolean openEnded;

  /** A word, or a parameter of that name. */
  private record Segment(String word, boolean parameter) {}

  private PathTemplate(String text, List<Segment> segments, boolean openEnded) {
    this.text = text;
    this.segments = segments;
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
    return segments.stream().anyMatch(Segment::parameter);
  }

  boolean fits(String[] words) {
    int fixed = openEnded ? segments.size() - 1 : segments.size();
    if (openEnded ? words.length < fixed : words.length != fixed) {
      return false;
    }
    for (int i = 0; i < fixed; i++) {
      Segment segment = segments.get(i);
      if (segment.parameter ? words[i].isEmpty() : !segment.word.equals(words[i])) {
        return false;
      }
    }
    return true;
  }

  /** Of a path that fits, by name, as they are in the path. */
  Map<String, String> parameters(String[] words) {
    Map<String, String> parameters = new HashMap<>();
    for (int i = 0; i < segments.size(); i++) {
      Segment segment = segments.get(i);
      if (openEnded && i == segments.size() - 1) {
        parameters.put(segment.word, String.join("/", List.of(words).subList(i, words.length)));
      } else if (segment.parameter) {
        parameters.put(segment.word, words[i]);
      }
    }
    return parameters;
  }

  /**
   * Whether what an open end has taken, decoded, has segments that lead elsewhere (RFC 3986,
   * section 3.3), be they apart by slashes or, as some file systems have it, by backslashes.
   */
  boolean hasDotSegments(Map<String, String> decoded) {
    if (!openEnded) {
      return false;
    }
    String rest = decoded.getOrDefault(segments.get(segments.size() - 1).word, "");
    for (String segment : SEPARATOR.split(rest, -1)) {
      if (segment.equals(".") || segment.equals("..")) {
        return true;
      }
    }
    return false;
  }

  static String[] words(String path) {
    return path.substring(1).split("/", -1);
  }

  /** Words before parameters, and those before an open end: the first that fits is the closest. */
  @Override
  public int compareTo(PathTemplate other) {
    int shared = Math.min(segments.size(), other.segments.size());
    for (int i = 0; i < shared; i++) {
      int order = Integer.compare(rank(i), other.rank(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(other.segments.size(), segments.size());
  }

  private int rank(int index) {
    if (openEnded && index == segments.size() - 1) {
      return 2;
    }
    return segments.get(index).parameter ? 1 : 0;
  }

  /** By what they match: the names of parameters make no difference. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PathTemplate template && shape().equals(template.shape());
  }

  @Override
  public int hashCode() {
    return shape().hashCode();
  }

  private String shape() {
    StringBuilder shape = new StringBuilder();
    for (int i = 0; i < segments.size(); i++) {
      shape.append('/').append(rank(i) == 0 ? segments.get(i).word : rank(i) == 1 ? "{}" : "{*}");
    }
    return shape.toString();
  }

  @Override
  public String toString() {
    return text;
  }
}
