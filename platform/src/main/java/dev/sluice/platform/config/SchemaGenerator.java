// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.platform.config.ConfigNode.ListNode;
import dev.sluice.platform.config.ConfigNode.MapNode;
import dev.sluice.platform.config.ConfigNode.ScalarNode;
import dev.sluice.platform.config.ValueType.Component;
import dev.sluice.platform.config.ValueType.ListType;
import dev.sluice.platform.config.ValueType.MapType;
import dev.sluice.platform.config.ValueType.OptionalType;
import dev.sluice.platform.config.ValueType.Range;
import dev.sluice.platform.config.ValueType.RecordType;
import dev.sluice.platform.config.ValueType.ScalarType;
import java.util.Set;

/**
 * Describes the configuration file as JSON Schema, so that editors complete its keys and mark its
 * mistakes. The rules between keys, and the ranges of durations and sizes, only stand in its words.
 */
public final class SchemaGenerator {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private SchemaGenerator() {}

  /**
   * The schema of {@link NodeConfiguration}.
   *
   * @return JSON Schema 2020-12, indented, with a line feed at its end
   */
  public static String generate() {
    ObjectNode schema = JSON.objectNode();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.put("title", "Sluice configuration");
    describe(TypeReader.ofNode(NodeConfiguration.class), schema);
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
    printer.indentArraysWith(indenter);
    printer.indentObjectsWith(indenter);
    try {
      return new ObjectMapper().writer(printer).writeValueAsString(schema) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void describe(ValueType type, ObjectNode schema) {
    if (type instanceof ScalarType<?> scalar) {
      scalar(scalar, schema);
    } else if (type instanceof RecordType recordType) {
      fields(recordType, schema);
    } else if (type instanceof ListType list && list.orOne()) {
      ArrayNode either = schema.putArray("anyOf");
      describe(list.element(), either.addObject());
      ObjectNode array = either.addObject();
      array.put("minItems", 1);
      describe(new ListType(list.element(), false), array);
    } else if (type instanceof ListType list) {
      schema.put("type", "array");
      describe(list.element(), schema.putObject("items"));
    } else if (type instanceof MapType map) {
      schema.put("type", "object");
      map.keys()
          .ifPresent(
              keys -> {
                schema.putObject("propertyNames").put("pattern", "^" + keys.pattern() + "$");
                if (keys.least() > 0) {
                  schema.put("minProperties", keys.least());
                }
              });
      describe(map.value(), schema.putObject("additionalProperties"));
    } else if (type instanceof OptionalType optional) {
      describe(optional.value(), schema);
    } else {
      schema.put("type", "object");
    }
  }

  private static void scalar(ScalarType<?> type, ObjectNode schema) {
    Scalar.Schema known = type.scalar().schema();
    schema.put("type", known.type());
    if (!known.pattern().isEmpty()) {
      schema.put("pattern", known.pattern());
    }
    if (!known.values().isEmpty()) {
      ArrayNode values = schema.putArray("enum");
      known.values().forEach(values::add);
    }
    if (Set.of("integer", "number").contains(known.type())) {
      Range<?> range = type.range();
      range.min().ifPresent(min -> schema.set("minimum", json(min.text(), type)));
      range.max().ifPresent(max -> schema.set("maximum", json(max.text(), type)));
    }
  }

  private static void fields(RecordType type, ObjectNode schema) {
    schema.put("type", "object");
    schema.put("additionalProperties", false);
    ArrayNode required = JSON.arrayNode();
    ObjectNode properties = schema.putObject("properties");
    for (Component component : type.components()) {
      ObjectNode property = properties.putObject(component.key());
      property.put("description", component.description() + range(component.type()));
      describe(component.type(), property);
      component
          .defaultNode()
          .ifPresent(node -> property.set("default", json(node, component.type())));
      if (component.required()) {
        required.add(component.key());
      }
    }
    if (!required.isEmpty()) {
      schema.set("required", required);
    }
  }

  private static String range(ValueType type) {
    ValueType value = type instanceof OptionalType optional ? optional.value() : type;
    return value instanceof ScalarType<?> scalar && scalar.scalar().ranged()
        ? " Allowed: " + scalar.allowed() + "."
        : "";
  }

  private static JsonNode json(ConfigNode node, ValueType type) {
    if (node instanceof MapNode map) {
      ObjectNode object = JSON.objectNode();
      map.entries().forEach((key, entry) -> object.set(key, json(entry.value(), type)));
      return object;
    } else if (node instanceof ListNode list) {
      ArrayNode array = JSON.arrayNode();
      list.items().forEach(item -> array.add(json(item, type)));
      return array;
    } else if (node instanceof ScalarNode scalar && type instanceof ScalarType<?> scalarType) {
      return json(scalar.text(), scalarType);
    }
    return JSON.textNode(((ScalarNode) node).text());
  }

  private static JsonNode json(String text, ScalarType<?> type) {
    return switch (type.scalar().schema().type()) {
      case "integer" -> JSON.numberNode(Long.parseLong(text));
      case "number" -> JSON.numberNode(Double.parseDouble(text));
      case "boolean" -> JSON.booleanNode(Boolean.parseBoolean(text));
      default -> JSON.textNode(text);
    };
  }
}
