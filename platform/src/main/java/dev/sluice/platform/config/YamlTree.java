// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.platform.config.ConfigNode.Entry;
import dev.sluice.platform.config.ConfigNode.ListNode;
import dev.sluice.platform.config.ConfigNode.MapNode;
import dev.sluice.platform.config.ConfigNode.ScalarNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads YAML into {@link ConfigNode}s.
 *
 * <p>Built on the parser's events rather than on its composer: that one recurses without a bound,
 * resolves aliases (a few lines can stand for gigabytes) and lets the last of two equal keys win.
 */
final class YamlTree {

  /** Far beyond any configuration, far below what overflows a stack. */
  private static final int DEEPEST = 64;

  /** What was meant to be an address, but begins a list. */
  private static final Pattern IPV6 = Pattern.compile("\\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.%]*\\]");

  private final Problems problems = new Problems();
  private final String source;
  private final boolean lines;
  private final Iterator<Event> events;

  /** How far the parser has come, for failures that do not say where they are. */
  private Mark reached;

  private YamlTree(String source, boolean lines, String text) {
    this.source = source;
    this.lines = lines;
    this.reached = lines ? new Mark(source, 1, 1) : Mark.whole(source);
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(source)
            .setUseMarks(true)
            .setCodePointLimit(Math.max(1, text.length()))
            .build();
    this.events = new Parse(settings).parseString(text).iterator();
  }

  /**
   * The tree of a file.
   *
   * @throws ConfigurationException if it is not YAML, or is YAML that we don't take
   */
  static ConfigNode ofFile(String name, String text) {
    return read(name, true, text);
  }

  /** The tree of a text that stands in one line elsewhere; all marks name that place. */
  static ConfigNode ofValue(String place, String text) {
    return read(place, false, text);
  }

  private static ConfigNode read(String source, boolean lines, String text) {
    YamlTree tree = new YamlTree(source, lines, text);
    try {
      ConfigNode root = tree.document();
      tree.problems.throwIfAny();
      return root;
    } catch (YamlEngineException e) {
      throw new ConfigurationException(tree.syntax(text, e));
    }
  }

  private Event next() {
    Event event = events.next();
    reached = mark(source, lines, event.getEndMark());
    return event;
  }

  private ConfigNode document() {
    ConfigNode root = ConfigNode.nothing(lines ? new Mark(source, 1, 1) : Mark.whole(source));
    boolean seen = false;
    while (events.hasNext()) {
      Event event = next();
      if (event.getEventId() == Event.ID.DocumentStart) {
        Event first = next();
        if (seen) {
          throw new ConfigurationException(
              Problem.of(mark(event), KeyPath.ROOT, "a second document", "one document a file"));
        }
        seen = true;
        root = node(first, KeyPath.ROOT, 0);
      }
    }
    return root;
  }

  private ConfigNode node(Event event, KeyPath path, int depth) {
    Mark mark = mark(event);
    if (depth > DEEPEST) {
      throw new ConfigurationException(
          Problem.of(mark, path, "more levels", "at most " + DEEPEST + " levels"));
    }
    refuseExtras(event, path);
    return switch (event.getEventId()) {
      case MappingStart -> map(mark, path, depth);
      case SequenceStart -> list(mark, path, depth);
      case Scalar -> {
        ScalarEvent scalar = (ScalarEvent) event;
        yield new ScalarNode(mark, scalar.getValue(), scalar.isPlain());
      }
      default -> ConfigNode.nothing(mark); // an alias, refused above
    };
  }

  private MapNode map(Mark mark, KeyPath path, int depth) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (Event event = next(); event.getEventId() != Event.ID.MappingEnd; event = next()) {
      Mark keyMark = mark(event);
      if (!(event instanceof ScalarEvent scalar)) {
        problems.add(Problem.of(keyMark, path, "a key that is no text", "a word before the ':'"));
        node(event, path, depth + 1);
        node(next(), path, depth + 1);
        continue;
      }
      String key = scalar.getValue();
      KeyPath keyPath = path.key(key);
      refuseExtras(event, keyPath);
      Entry entry = new Entry(keyMark, node(next(), keyPath, depth + 1));
      Entry first = entries.putIfAbsent(key, entry);
      if (first != null) {
        String found = "the key twice" + (lines ? ", first in line " + first.keyMark().line() : "");
        problems.add(Problem.of(keyMark, keyPath, found, "each key once"));
      }
    }
    return new MapNode(mark, entries);
  }

  private ListNode list(Mark mark, KeyPath path, int depth) {
    List<ConfigNode> items = new ArrayList<>();
    for (Event event = next(); event.getEventId() != Event.ID.SequenceEnd; event = next()) {
      items.add(node(event, path.index(items.size()), depth + 1));
    }
    return new ListNode(mark, items);
  }

  private void refuseExtras(Event event, KeyPath path) {
    String found = "";
    if (event.getEventId() == Event.ID.Alias) {
      found = "an alias (*)";
    } else if (event instanceof NodeEvent node && node.getAnchor().isPresent()) {
      found = "an anchor (&)";
    } else if (tag(event).isPresent()) {
      found = "a tag (!)";
    }
    if (!found.isEmpty()) {
      problems.add(
          Problem.of(
              mark(event), path, found, "plain maps, lists and values (or put it in quotes)"));
    }
  }

  private static Optional<String> tag(Event event) {
    if (event instanceof ScalarEvent scalar) {
      return scalar.getTag();
    }
    return event instanceof CollectionStartEvent start ? start.getTag() : Optional.empty();
  }

  private Mark mark(Event event) {
    return mark(source, lines, event.getStartMark());
  }

  private static Mark mark(
      String source, boolean lines, Optional<org.snakeyaml.engine.v2.exceptions.Mark> at) {
    return lines
        ? at.map(m -> new Mark(source, m.getLine() + 1, m.getColumn() + 1))
            .orElseGet(() -> Mark.whole(source))
        : Mark.whole(source);
  }

  private Problem syntax(String text, YamlEngineException failure) {
    if (failure instanceof MarkedYamlEngineException marked) {
      Mark mark = mark(source, lines, marked.getProblemMark());
      String what = marked.getProblem();
      if (marked.getContext() != null) {
        what = marked.getContext() + started(mark, lines, marked.getContextMark()) + ": " + what;
      }
      int line = marked.getProblemMark().map(m -> m.getLine()).orElse(0);
      boolean ipv6 = text.lines().skip(line).findFirst().filter(IPV6.asPredicate()).isPresent();
      return notYaml(mark, ipv6 ? what + " (an IPv6 address needs quotes)" : what);
    }
    if (failure instanceof ReaderException reader) {
      Mark mark = lines ? markAt(source, text, reader.getPosition()) : Mark.whole(source);
      return notYaml(
          mark, String.format("the character U+%04X is not allowed", reader.getCodePoint()));
    }
    return notYaml(reached, String.valueOf(failure.getMessage()));
  }

  /** Where the block began that the parser could not finish, if that is another line. */
  private static String started(
      Mark mark, boolean lines, Optional<org.snakeyaml.engine.v2.exceptions.Mark> context) {
    int line = context.map(m -> m.getLine() + 1).orElse(mark.line());
    return lines && line != mark.line() ? " from line " + line + " on" : "";
  }

  private static Problem notYaml(Mark mark, String what) {
    return Problem.general(
        mark, KeyPath.ROOT, "not valid YAML: " + what.replaceAll("\\s+", " ").strip());
  }

  private static Mark markAt(String source, String text, int codePoints) {
    int line = 1;
    int column = 1;
    for (int c : text.codePoints().limit(codePoints).toArray()) {
      line += c == '\n' ? 1 : 0;
      column = c == '\n' ? 1 : column + 1;
    }
    return new Mark(source, line, column);
  }
}
