// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.ByteSize;
import dev.sluice.api.Setting;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes a settings record of its {@link Setting} defaults, as a node does for an empty section. */
public final class SettingDefaults {

  private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h)");

  private SettingDefaults() {}

  /**
   * The record that a section without any key is bound to.
   *
   * @param <T> the settings
   * @param type a settings record
   * @return with every component at its default
   * @throws IllegalArgumentException if a component must be given, is of a type that settings do
   *     not know, or its default can't be read
   */
  public static <T extends Record> T of(Class<T> type) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    @Nullable Object[] values = new Object[components.length];
    for (int index = 0; index < components.length; index++) {
      types[index] = components[index].getType();
      values[index] = value(components[index]);
    }
    try {
      var constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException failure) {
      throw new IllegalArgumentException("the defaults of " + type.getName(), failure);
    }
  }

  private static Object value(RecordComponent component) {
    Setting setting = component.getAnnotation(Setting.class);
    String text = setting == null ? "" : setting.defaultValue();
    Class<?> type = component.getType();
    if (text.isEmpty()) {
      return withoutText(component, type);
    }
    try {
      return parse(type, text.strip());
    } catch (IllegalArgumentException failure) {
      throw new IllegalArgumentException(
          "the default '" + text + "' of " + component + " can't be read", failure);
    }
  }

  private static Object withoutText(RecordComponent component, Class<?> type) {
    if (type == Optional.class) {
      return Optional.empty();
    }
    if (type == List.class) {
      return List.of();
    }
    if (type == Map.class) {
      return Map.of();
    }
    if (type.isRecord() && type != ByteSize.class) {
      return of(type.asSubclass(Record.class));
    }
    throw new IllegalArgumentException(component + " has no default: give the settings");
  }

  private static Object parse(Class<?> type, String text) {
    if (type == String.class) {
      return text;
    }
    if (type == boolean.class || type == Boolean.class) {
      return Boolean.parseBoolean(text);
    }
    if (type == int.class || type == Integer.class) {
      return Integer.valueOf(text);
    }
    if (type == long.class || type == Long.class) {
      return Long.valueOf(text);
    }
    if (type == double.class || type == Double.class) {
      return Double.valueOf(text);
    }
    if (type == Duration.class) {
      return duration(text);
    }
    if (type == Path.class) {
      return Path.of(text).toAbsolutePath();
    }
    if (type == ByteSize.class) {
      return ByteSize.parse(text);
    }
    for (Object constant : type.isEnum() ? type.getEnumConstants() : new Object[0]) {
      if (((Enum<?>) constant).name().toLowerCase(Locale.ROOT).equals(text)) {
        return constant;
      }
    }
    throw new IllegalArgumentException("a " + type.getName() + " has no such default");
  }

  private static Duration duration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("'" + text + "' is no duration");
    }
    long number = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      default -> Duration.ofHours(number);
    };
  }
}
