// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.platform.config.ConfigNode.Entry;
import dev.sluice.platform.config.ConfigNode.ListNode;
import dev.sluice.platform.config.ConfigNode.MapNode;
import dev.sluice.platform.config.ConfigNode.ScalarNode;
import dev.sluice.platform.config.ValueType.Component;
import dev.sluice.platform.config.ValueType.ListType;
import dev.sluice.platform.config.ValueType.MapType;
import dev.sluice.platform.config.ValueType.OptionalType;
import dev.sluice.platform.config.ValueType.RawType;
import dev.sluice.platform.config.ValueType.RecordType;
import dev.sluice.platform.config.ValueType.ScalarType;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Turns nodes into values of a type. It goes on after a problem and leaves out what it could not
 * bind, so that one pass finds them all: its values are only good where no problem was added.
 */
final class Binder {

  private final Problems problems;
  private final Path base;
  private final Map<KeyPath, Record> bound = new LinkedHashMap<>();

  /**
   * @param base where relative paths start
   */
  Binder(Problems problems, Path base) {
    this.problems = problems;
    this.base = base;
  }

  /** Every record that could be made, also where others could not. */
  Map<KeyPath, Record> bound() {
    return Collections.unmodifiableMap(bound);
  }

  /**
   * The value of a node.
   *
   * @param place the line to name where the node itself has none worth naming
   * @return {@code null} if a problem was added
   */
  @Nullable Object bind(ValueType type, KeyPath path, ConfigNode node, Mark place) {
    if (type instanceof ScalarType<?> scalar) {
      return scalar(scalar, path, node, place);
    } else if (type instanceof RecordType recordType) {
      MapNode map = map(recordType, path, node, place);
      return map == null ? null : record(recordType, path, map, place);
    } else if (type instanceof MapType mapType) {
      MapNode map = map(mapType, path, node, place);
      return map == null ? null : map(mapType, path, map, place);
    } else if (type instanceof ListType list) {
      return list(list, path, node, place);
    } else if (type instanceof OptionalType optional) {
      Object value = bind(optional.value(), path, node, place);
      return value == null ? null : Optional.of(value);
    } else if (type instanceof RawType) {
      return map(type, path, node, place);
    }
    throw new IllegalStateException("no such type: " + type);
  }

  private @Nullable Object scalar(ScalarType<?> type, KeyPath at, ConfigNode node, Mark place) {
    if (!(node instanceof ScalarNode scalar)) {
      problems.add(Problem.of(place, at, node.shown(), type.allowed()));
      return null;
    }
    try {
      Object value = type.read(scalar);
      return value instanceof Path path ? base.resolve(path) : value;
    } catch (NotAllowed e) {
      problems.add(Problem.of(place, at, node.shown(), e.allowed()));
      return null;
    }
  }

  /** A section with nothing in it is an empty one: all its lines may be commented out. */
  private @Nullable MapNode map(ValueType type, KeyPath path, ConfigNode node, Mark place) {
    if (node instanceof MapNode map) {
      return map;
    }
    if (node.isNothing()) {
      return new MapNode(place, Map.of());
    }
    problems.add(Problem.of(place, path, node.shown(), type.allowed()));
    return null;
  }

  private @Nullable Record record(RecordType type, KeyPath path, MapNode map, Mark place) {
    int before = problems.size();
    List<String> keys = type.keys();
    map.entries()
        .forEach(
            (key, entry) -> {
              if (!keys.contains(key)) {
                problems.add(unknown(entry.keyMark(), path.key(key), key, keys));
              }
            });
    List<@Nullable Object> values = new ArrayList<>();
    for (Component component : type.components()) {
      values.add(component(component, path, map, place));
    }
    return problems.size() > before ? null : make(type, path, place, values);
  }

  private static Problem unknown(Mark mark, KeyPath path, String key, List<String> keys) {
    String guess = Suggestion.of(key, keys).map(s -> " (did you mean " + s + "?)").orElse("");
    String allowed = keys.isEmpty() ? "no keys" : String.join(", ", keys);
    return Problem.of(mark, path, "an unknown key" + guess, allowed);
  }

  private @Nullable Object component(Component component, KeyPath path, MapNode map, Mark place) {
    KeyPath inner = path.key(component.key());
    Entry entry = map.entries().get(component.key());
    if (entry != null) {
      return bind(component.type(), inner, entry.value(), entry.place());
    }
    if (component.defaultNode().isPresent()) {
      ConfigNode node = component.defaultNode().get();
      return bind(component.type(), inner, node, place);
    }
    if (component.type() instanceof OptionalType) {
      return Optional.empty();
    }
    problems.add(Problem.missing(place, inner, component.type().allowed()));
    return null;
  }

  private @Nullable Record make(
      RecordType type, KeyPath path, Mark place, List<@Nullable Object> values) {
    String name = type.constructor().getDeclaringClass().getName();
    try {
      Record made = type.constructor().newInstance(values.toArray());
      bound.put(path, made);
      return made;
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause();
      String said =
          cause instanceof IllegalArgumentException && cause.getMessage() != null
              ? cause.getMessage()
              : name + " can't be made: " + cause;
      problems.add(Problem.general(place, path, said.replaceAll("\\s+", " ")));
    } catch (ReflectiveOperationException | LinkageError e) {
      problems.add(Problem.general(place, path, name + " can't be made: " + e));
    }
    return null;
  }

  private @Nullable Map<String, Object> map(MapType type, KeyPath path, MapNode map, Mark place) {
    int before = problems.size();
    Map<String, Object> values = new LinkedHashMap<>();
    int least = type.keys().map(MapKeys::least).orElse(0);
    if (map.entries().size() < least) {
      problems.add(Problem.of(place, path, "none", "at least " + least));
    }
    map.entries()
        .forEach(
            (key, entry) -> {
              KeyPath inner = path.key(key);
              type.keys()
                  .filter(rule -> !key.matches(rule.pattern()))
                  .ifPresent(
                      rule ->
                          problems.add(
                              Problem.of(
                                  entry.keyMark(),
                                  inner,
                                  "the name " + Texts.quoted(key),
                                  rule.allowed())));
              Object value = bind(type.value(), inner, entry.value(), entry.place());
              if (value != null) {
                values.put(key, value);
              }
            });
    return problems.size() > before ? null : Collections.unmodifiableMap(values);
  }

  private @Nullable List<Object> list(ListType type, KeyPath path, ConfigNode node, Mark place) {
    if (node.isNothing() && !type.orOne()) {
      return List.of();
    }
    if (node instanceof ScalarNode && !node.isNothing() && type.orOne()) {
      Object value = bind(type.element(), path, node, place);
      return value == null ? null : List.of(value);
    }
    if (!(node instanceof ListNode list) || (list.items().isEmpty() && type.orOne())) {
      problems.add(
          Problem.of(
              place, path, node instanceof ListNode ? "none" : node.shown(), type.allowed()));
      return null;
    }
    int before = problems.size();
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < list.items().size(); i++) {
      ConfigNode item = list.items().get(i);
      Object value = bind(type.element(), path.index(i), item, item.mark());
      if (value != null) {
        values.add(value);
      }
    }
    return problems.size() > before ? null : List.copyOf(values);
  }
}
