// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.api.ByteSize;
import dev.sluice.platform.config.ConfigNode.ScalarNode;
import dev.sluice.platform.config.Scalar.Schema;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The scalars that a settings record can hold. */
final class Scalars {

  private static final Pattern WHOLE = Pattern.compile("[-+]?(0|[1-9][0-9]*)");
  private static final Pattern DECIMAL =
      Pattern.compile("[-+]?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]{1,3})?");
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,18}) ?(ms|s|m|h)");

  /** A century: what is longer is a slip, and would not fit a long of nanoseconds for ever. */
  private static final Duration LONGEST = Duration.ofHours(1_000_000);

  static final Scalar<String> TEXT =
      new Scalar<>("text", "", false, Schema.of("string"), ScalarNode::text);

  private static final Scalar<Boolean> TRUTH =
      new Scalar<>("true or false", "", false, Schema.of("boolean"), Scalars::truth);

  private static final Scalar<Integer> INT =
      new Scalar<>("a whole number", "", true, Schema.of("integer"), Scalars::readInt);

  private static final Scalar<Long> LONG =
      new Scalar<>("a whole number", "", true, Schema.of("integer"), Scalars::readLong);

  private static final Scalar<Double> DOUBLE =
      new Scalar<>("a number", "", true, Schema.of("number"), Scalars::readDouble);

  private static final Scalar<Duration> TIME =
      new Scalar<>(
          "a duration",
          "with its unit (ms, s, m or h) as in 60s",
          true,
          new Schema("string", "^[0-9]{1,18} ?(ms|s|m|h)$", List.of()),
          Scalars::readDuration);

  private static final Scalar<ByteSize> SIZE =
      new Scalar<>(
          "a size",
          "with its unit (B, KB, MB or GB) as in 16KB",
          true,
          new Schema("string", "^[0-9]{1,18} ?([Bb]|[KkMmGg][Ii]?[Bb])$", List.of()),
          Scalars::readSize);

  private static final Scalar<Path> FILE =
      new Scalar<>("a path", "", false, Schema.of("string"), Scalars::path);

  private static final Scalar<BindAddress> ADDRESS =
      new Scalar<>(
          "an address",
          "host:port as in 127.0.0.1:8443 or \"[::1]:8443\"",
          false,
          new Schema("string", "^(\\[[^\\]]+\\]|[^:\\[\\]]+):[0-9]{1,5}$", List.of()),
          node -> BindAddress.read(node.text()));

  private static final Map<Class<?>, Scalar<?>> FOR_ALL =
      Map.ofEntries(
          Map.entry(String.class, TEXT),
          Map.entry(boolean.class, TRUTH),
          Map.entry(Boolean.class, TRUTH),
          Map.entry(int.class, INT),
          Map.entry(Integer.class, INT),
          Map.entry(long.class, LONG),
          Map.entry(Long.class, LONG),
          Map.entry(double.class, DOUBLE),
          Map.entry(Double.class, DOUBLE),
          Map.entry(Duration.class, TIME),
          Map.entry(ByteSize.class, SIZE),
          Map.entry(Path.class, FILE));

  private static final Map<Class<?>, Scalar<?>> FOR_NODE = Map.of(BindAddress.class, ADDRESS);

  private Scalars() {}

  /** What reads this type, if it is a scalar; {@code ours}: for one of the node's own records. */
  static Optional<Scalar<?>> of(Class<?> type, boolean ours) {
    if (type.isEnum()) {
      return Optional.of(enumeration(type));
    }
    Scalar<?> known = FOR_ALL.get(type);
    return Optional.ofNullable(known == null && ours ? FOR_NODE.get(type) : known);
  }

  private static Scalar<Object> enumeration(Class<?> type) {
    Map<String, Object> constants = new LinkedHashMap<>();
    Arrays.stream(type.getEnumConstants())
        .forEach(c -> constants.put(((Enum<?>) c).name().toLowerCase(Locale.ROOT), c));
    List<String> names = List.copyOf(constants.keySet());
    return new Scalar<>(
        Texts.either(names),
        "",
        false,
        new Schema("string", "", names),
        node -> constants.get(node.text()));
  }

  private static @Nullable Boolean truth(ScalarNode node) {
    Optional<String> word = Optional.of(node.text()).filter(text -> node.plain());
    return word.filter(Set.of("true", "false")::contains).map(Boolean::valueOf).orElse(null);
  }

  private static @Nullable Long readLong(ScalarNode node) throws NotAllowed {
    if (!node.plain() || !WHOLE.matcher(node.text()).matches()) {
      return null;
    }
    try {
      return Long.valueOf(node.text());
    } catch (NumberFormatException e) {
      throw new NotAllowed("a whole number from " + Long.MIN_VALUE + " to " + Long.MAX_VALUE);
    }
  }

  private static @Nullable Integer readInt(ScalarNode node) throws NotAllowed {
    if (!node.plain() || !WHOLE.matcher(node.text()).matches()) {
      return null;
    }
    try {
      return Integer.valueOf(node.text());
    } catch (NumberFormatException e) {
      throw new NotAllowed("a whole number from " + Integer.MIN_VALUE + " to " + Integer.MAX_VALUE);
    }
  }

  private static @Nullable Double readDouble(ScalarNode node) {
    if (!node.plain() || !DECIMAL.matcher(node.text()).matches()) {
      return null;
    }
    double value = Double.parseDouble(node.text());
    return Double.isInfinite(value) ? null : (Double) value;
  }

  private static @Nullable Duration readDuration(ScalarNode node) throws NotAllowed {
    Matcher matcher = DURATION.matcher(node.text());
    if (!matcher.matches()) {
      return null;
    }
    long number = Long.parseLong(matcher.group(1));
    long most =
        switch (matcher.group(2)) {
          case "ms" -> LONGEST.toMillis();
          case "s" -> LONGEST.toSeconds();
          case "m" -> LONGEST.toMinutes();
          default -> LONGEST.toHours();
        };
    if (number > most) {
      throw new NotAllowed("a duration of at most " + LONGEST.toHours() + "h");
    }
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      default -> Duration.ofHours(number);
    };
  }

  private static @Nullable ByteSize readSize(ScalarNode node) {
    try {
      return ByteSize.parse(node.text());
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static @Nullable Path path(ScalarNode node) {
    try {
      return node.text().isBlank() ? null : Path.of(node.text());
    } catch (InvalidPathException e) {
      return null;
    }
  }
}
