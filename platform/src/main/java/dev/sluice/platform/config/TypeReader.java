// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.api.Setting;
import dev.sluice.platform.config.ConfigNode.MapNode;
import dev.sluice.platform.config.ConfigNode.ScalarNode;
import dev.sluice.platform.config.ValueType.Component;
import dev.sluice.platform.config.ValueType.ListType;
import dev.sluice.platform.config.ValueType.MapType;
import dev.sluice.platform.config.ValueType.OptionalType;
import dev.sluice.platform.config.ValueType.Range;
import dev.sluice.platform.config.ValueType.Range.Bound;
import dev.sluice.platform.config.ValueType.RawType;
import dev.sluice.platform.config.ValueType.RecordType;
import dev.sluice.platform.config.ValueType.ScalarType;
import java.lang.reflect.Constructor;
import java.lang.reflect.MalformedParameterizedTypeException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a settings record's description from its class and finds all that is wrong with it.
 *
 * <p>Nothing is cached: a cache would keep a plug-in's class loader alive.
 */
final class TypeReader {

  private static final String SUPPORTED =
      "String, boolean, int, long, double, an enum, Duration, ByteSize, Path, a record, a List, a Map"
          + " from String, or an Optional of one";

  private final boolean ours;
  private final List<String> faults = new ArrayList<>();
  private final Deque<Class<?>> within = new ArrayDeque<>();

  private TypeReader(boolean ours) {
    this.ours = ours;
  }

  /**
   * The description of one of the node's own records.
   *
   * @throws SettingsTypeException if the class does not follow the rules of {@link Setting}
   */
  static RecordType ofNode(Class<? extends Record> type) {
    return read(type, true);
  }

  /** The same of a plug-in's record, which knows nothing of the node's own types. */
  static RecordType ofPlugin(Class<? extends Record> type) {
    return read(type, false);
  }

  private static RecordType read(Class<? extends Record> type, boolean ours) {
    TypeReader reader = new TypeReader(ours);
    try {
      if (!type.isRecord()) {
        throw new SettingsTypeException(List.of(type.getName() + " is no record"));
      }
      RecordType read = reader.record(type);
      if (!reader.faults.isEmpty()) {
        throw new SettingsTypeException(reader.faults);
      }
      return read;
    } catch (LinkageError
        | TypeNotPresentException
        | MalformedParameterizedTypeException
        | ReflectiveOperationException e) {
      throw new SettingsTypeException(List.of(type.getName() + " can't be read: " + e));
    }
  }

  private RecordType record(Class<? extends Record> type) throws ReflectiveOperationException {
    within.push(type);
    RecordComponent[] parts = type.getRecordComponents();
    Constructor<? extends Record> constructor =
        type.getDeclaredConstructor(
            Arrays.stream(parts).map(RecordComponent::getType).toArray(Class<?>[]::new));
    if (!constructor.trySetAccessible()) {
      faults.add(type.getName() + " is not accessible: its module does not open its package");
    }
    List<Component> components = new ArrayList<>();
    Set<String> keys = new HashSet<>();
    for (RecordComponent part : parts) {
      String name = type.getName() + "." + part.getName();
      String key = snakeCase(part.getName());
      if (!keys.add(key)) {
        faults.add(name + ": another component has the key " + key + " too");
      }
      Setting setting = part.getAnnotation(Setting.class);
      if (setting == null) {
        faults.add(name + " has no @Setting");
      } else {
        component(name, key, part, setting).ifPresent(components::add);
      }
    }
    within.pop();
    return new RecordType(constructor, List.copyOf(components));
  }

  private Optional<Component> component(
      String name, String key, RecordComponent part, Setting setting)
      throws ReflectiveOperationException {
    if (setting.description().isBlank()) {
      faults.add(name + ": the description is empty");
    }
    int before = faults.size();
    Optional<MapKeys> mapKeys = Optional.ofNullable(part.getAnnotation(MapKeys.class));
    Optional<ValueType> read = type(name, part.getGenericType(), setting, mapKeys, true);
    if (read.isEmpty() || faults.size() > before) {
      return Optional.empty();
    }
    ValueType type = read.get();
    if (part.isAnnotationPresent(OneOrMore.class)) {
      if (!(type instanceof ListType list)) {
        faults.add(name + ": only a list can be one or more");
        return Optional.empty();
      }
      type = new ListType(list.element(), true);
    }
    boolean bounded = !setting.min().isEmpty() || !setting.max().isEmpty();
    if (bounded && !isRanged(type)) {
      faults.add(name + ": min and max are for numbers, durations and sizes");
    }
    String text = setting.defaultValue();
    Optional<ConfigNode> defaultNode =
        text.isEmpty() ? Optional.empty() : defaultNode(name, text, type);
    return Optional.of(new Component(key, setting.description(), text, defaultNode, type));
  }

  private Optional<ConfigNode> defaultNode(String name, String text, ValueType type) {
    if (type instanceof OptionalType) {
      faults.add(name + ": an Optional with a default would never be empty");
      return Optional.empty();
    }
    Mark mark = Mark.whole("the default of " + name);
    try {
      // A text needs no quotes: an author who says "!" means it.
      ConfigNode node =
          type instanceof ScalarType<?> scalar && scalar.scalar().equals(Scalars.TEXT)
              ? new ConfigNode.ScalarNode(mark, text, false)
              : YamlTree.ofValue(mark.source(), text);
      Problems problems = new Problems();
      new Binder(problems, Path.of("")).bind(type, KeyPath.ROOT, node, mark);
      problems.throwIfAny();
      return Optional.of(node);
    } catch (ConfigurationException e) {
      e.problems().forEach(problem -> faults.add(problem.toString()));
      return Optional.empty();
    }
  }

  private static boolean isRanged(ValueType type) {
    if (type instanceof ScalarType<?> scalar) {
      return scalar.scalar().ranged();
    } else if (type instanceof ListType list) {
      return isRanged(list.element());
    } else if (type instanceof MapType map) {
      return isRanged(map.value());
    }
    return type instanceof OptionalType optional && isRanged(optional.value());
  }

  private Optional<ValueType> type(
      String name, Type type, Setting setting, Optional<MapKeys> mapKeys, boolean outermost)
      throws ReflectiveOperationException {
    if (type instanceof Class<?> plain) {
      return plain(name, plain, setting);
    }
    if (type instanceof ParameterizedType parameterized) {
      Type[] arguments = parameterized.getActualTypeArguments();
      Type raw = parameterized.getRawType();
      if (raw == List.class) {
        return type(name, arguments[0], setting, Optional.empty(), false)
            .map(element -> new ListType(element, false));
      }
      if (raw == Map.class && arguments[0] == String.class) {
        return type(name, arguments[1], setting, Optional.empty(), false)
            .map(value -> new MapType(value, mapKeys));
      }
      if (raw == Optional.class && outermost) {
        return type(name, arguments[0], setting, mapKeys, false).map(OptionalType::new);
      }
    }
    return unsupported(name, type);
  }

  private Optional<ValueType> plain(String name, Class<?> type, Setting setting)
      throws ReflectiveOperationException {
    Optional<Scalar<?>> scalar = Scalars.of(type, ours);
    if (scalar.isPresent()) {
      return Optional.of(ranged(name, scalar.get(), setting));
    }
    if (ours && type == MapNode.class) {
      return Optional.of(new RawType());
    }
    if (!type.isRecord()) {
      return unsupported(name, type);
    }
    if (within.contains(type)) {
      faults.add(name + ": a record can't hold itself");
      return Optional.empty();
    }
    return Optional.of(record(type.asSubclass(Record.class)));
  }

  private Optional<ValueType> unsupported(String name, Type type) {
    faults.add(name + " is a " + type.getTypeName() + ", allowed: " + SUPPORTED);
    return Optional.empty();
  }

  private <T> ScalarType<T> ranged(String name, Scalar<T> scalar, Setting setting) {
    if (!scalar.ranged()) {
      return new ScalarType<>(scalar, Range.none());
    }
    Optional<Bound<T>> min = bound(name, "min", scalar, setting.min());
    Optional<Bound<T>> max = bound(name, "max", scalar, setting.max());
    Range<T> range = new Range<>(min, max);
    if (min.isPresent() && max.isPresent() && !min.get().atMost(max.get())) {
      faults.add(name + ": min is above max");
    }
    return new ScalarType<>(scalar, range);
  }

  @SuppressWarnings("unchecked") // what is ranged is comparable with its like
  private <T> Optional<Bound<T>> bound(String name, String which, Scalar<T> scalar, String text) {
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      Mark mark = Mark.whole(which);
      T value = scalar.read(new ScalarNode(mark, text, true), Range.none());
      return Optional.of(new Bound<>(value, (Comparable<T>) value, text));
    } catch (NotAllowed e) {
      faults.add(name + ": " + which + " is " + Texts.quoted(text) + ", allowed: " + e.allowed());
      return Optional.empty();
    }
  }

  /** {@code maxURLSize} is {@code max_url_size}. */
  static String snakeCase(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2")
        .replaceAll("([A-Z])([A-Z][a-z])", "$1_$2")
        .toLowerCase(Locale.ROOT);
  }
}
