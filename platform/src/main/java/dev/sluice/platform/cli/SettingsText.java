// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import dev.sluice.api.ByteSize;
import dev.sluice.api.Setting;
import dev.sluice.platform.plugin.TextTable;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A settings record for a reader: a line for each key. It says what the author wrote and judges
 * nothing; whether the record is sound is found out when an interface uses it.
 */
final class SettingsText {

  private SettingsText() {}

  static List<String> lines(Class<? extends Record> type) {
    TextTable table = new TextTable("  ");
    try {
      add(type, "", table, new HashSet<>());
    } catch (LinkageError | RuntimeException e) {
      // The record is the plug-in's, and may name classes that are not there.
      return List.of("  can't be read: " + FailureText.of(e));
    }
    List<String> lines = table.lines();
    return lines.isEmpty() ? List.of("  (none)") : lines;
  }

  private static void add(Class<?> type, String prefix, TextTable table, Set<Class<?>> within) {
    if (!within.add(type)) {
      return;
    }
    for (RecordComponent component : type.getRecordComponents()) {
      String key = prefix + snakeCase(component.getName());
      Setting setting = component.getAnnotation(Setting.class);
      table.row(
          key,
          noun(component.getGenericType()),
          value(component, setting),
          setting == null ? "" : setting.description());
      Class<?> nested = recordIn(component.getGenericType());
      if (nested != null) {
        add(nested, key + ".", table, within);
      }
    }
    within.remove(type);
  }

  private static String value(RecordComponent component, @Nullable Setting setting) {
    StringBuilder text = new StringBuilder();
    if (setting != null && !setting.defaultValue().isEmpty()) {
      text.append("default ").append(setting.defaultValue());
    } else {
      text.append(component.getType() == Optional.class ? "optional" : "required");
    }
    if (setting != null && !setting.min().isEmpty()) {
      text.append(", at least ").append(setting.min());
    }
    if (setting != null && !setting.max().isEmpty()) {
      text.append(", at most ").append(setting.max());
    }
    return text.toString();
  }

  private static String noun(Type type) {
    if (type instanceof ParameterizedType generic) {
      Type[] parts = generic.getActualTypeArguments();
      String last = noun(parts[parts.length - 1]);
      if (generic.getRawType() == List.class) {
        return "list of " + last;
      }
      return generic.getRawType() == Map.class ? "map to " + last : last;
    }
    if (!(type instanceof Class<?> plain)) {
      return type.getTypeName();
    }
    if (plain == ByteSize.class) {
      return "size";
    }
    if (plain == Duration.class) {
      return "duration";
    }
    if (plain.isEnum()) {
      return Arrays.stream(plain.getEnumConstants())
          .map(constant -> ((Enum<?>) constant).name().toLowerCase(Locale.ROOT))
          .collect(Collectors.joining(" | "));
    }
    return plain.isRecord() ? "map" : plain.getSimpleName().toLowerCase(Locale.ROOT);
  }

  private static @Nullable Class<?> recordIn(Type type) {
    if (type instanceof ParameterizedType generic) {
      return generic.getRawType() == Optional.class
          ? recordIn(generic.getActualTypeArguments()[0])
          : null;
    }
    return type instanceof Class<?> plain && plain.isRecord() && plain != ByteSize.class
        ? plain
        : null;
  }

  private static String snakeCase(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2")
        .replaceAll("([A-Z])([A-Z][a-z])", "$1_$2")
        .toLowerCase(Locale.ROOT);
  }
}
