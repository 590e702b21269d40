// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.platform.config.ValueType.Component;
import dev.sluice.platform.config.ValueType.ListType;
import dev.sluice.platform.config.ValueType.MapType;
import dev.sluice.platform.config.ValueType.OptionalType;
import dev.sluice.platform.config.ValueType.RecordType;
import dev.sluice.platform.config.ValueType.ScalarType;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tables of docs/configuration.md, made from the records between {@code <!-- keys: -->}. */
final class ReferenceTables {

  static final List<Class<? extends Record>> RECORDS =
      List.of(
          NodeConfiguration.class,
          Network.class,
          RpcInterface.class,
          HttpConfiguration.class,
          DatagramConfiguration.class,
          Endorsement.class,
          Certificate.class,
          Operator.class,
          CaptureConfiguration.class,
          Outbound.class);

  private static final Pattern TABLE =
      Pattern.compile("(<!-- keys: (\\w+) -->\n).*?(<!-- end -->)", Pattern.DOTALL);

  private ReferenceTables() {}

  /** The same text with all its tables made anew. */
  static String renew(String text) {
    return TABLE
        .matcher(text)
        .replaceAll(
            match ->
                Matcher.quoteReplacement(
                    match.group(1) + "\n" + table(match.group(2)) + "\n" + match.group(3)));
  }

  /** The records that the text has a table for. */
  static List<String> tablesIn(String text) {
    return TABLE.matcher(text).results().map((MatchResult match) -> match.group(2)).toList();
  }

  private static String table(String name) {
    RecordType type =
        RECORDS.stream()
            .filter(record -> record.getSimpleName().equals(name))
            .map(TypeReader::ofNode)
            .findFirst()
            .orElseThrow(() -> new AssertionError("no record " + name));
    List<String> lines = new ArrayList<>();
    lines.add("| Key | Value | Default | What it does |");
    lines.add("|---|---|---|---|");
    for (Component component : type.components()) {
      lines.add(row(component));
    }
    return String.join("\n", lines) + "\n";
  }

  static String row(Component component) {
    return "| `%s` | %s | %s | %s |"
        .formatted(
            component.key(),
            value(component.type()),
            defaultValue(component),
            component.description());
  }

  private static String defaultValue(Component component) {
    if (component.required()) {
      return "**required**";
    }
    return component.defaultText().isEmpty() ? "none" : "`" + component.defaultText() + "`";
  }

  private static String value(ValueType type) {
    if (type instanceof ScalarType<?> scalar) {
      return said(scalar);
    } else if (type instanceof OptionalType optional) {
      return value(optional.value());
    } else if (type instanceof ListType list) {
      return list.said(value(list.element()));
    }
    return type instanceof MapType ? "a map by name" : "a map";
  }

  private static <T> String said(ScalarType<T> type) {
    return type.range().said(type.scalar().noun());
  }
}
