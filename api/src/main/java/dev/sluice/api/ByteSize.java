// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes, written as in {@code 16KB}. Units are powers of 1,024: {@code B}, {@code KB},
 * {@code MB}, {@code GB}; {@code KiB}, {@code MiB}, {@code GiB} say the same.
 *
 * @param bytes 0 or more
 */
public record ByteSize(long bytes) implements Comparable<ByteSize> {

  private static final Pattern FORM =
      Pattern.compile("(\\d{1,18}) ?(B|[KMG]i?B)", Pattern.CASE_INSENSITIVE);

  /**
   * Refuses a negative number.
   *
   * @param bytes 0 or more
   */
  public ByteSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("a size can't be negative: " + bytes);
    }
  }

  /**
   * Reads a number with its unit.
   *
   * @param text such as {@code 16KB}; a unit is required, case does not matter
   * @return the size
   * @throws IllegalArgumentException if the text has another form or the size is beyond a long
   */
  public static ByteSize parse(String text) {
    Matcher matcher = FORM.matcher(text.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is no size: a whole number with B, KB, MB or GB, such as 16KB");
    }
    int shift =
        switch (matcher.group(2).toUpperCase(Locale.ROOT).charAt(0)) {
          case 'K' -> 10;
          case 'M' -> 20;
          case 'G' -> 30;
          default -> 0;
        };
    long number = Long.parseLong(matcher.group(1));
    if (number > Long.MAX_VALUE >> shift) {
      throw new IllegalArgumentException("'" + text + "' is too large");
    }
    return new ByteSize(number << shift);
  }

  /**
   * The bytes as an {@code int}.
   *
   * @return {@link Integer#MAX_VALUE} where there are more
   */
  public int toIntSaturated() {
    return (int) Math.min(bytes, Integer.MAX_VALUE);
  }

  @Override
  public int compareTo(ByteSize other) {
    return Long.compare(bytes, other.bytes);
  }

  /** The largest unit that leaves a whole number, such as {@code 16KB}; {@link #parse} reads it. */
  @Override
  public String toString() {
    String[] units = {"B", "KB", "MB", "GB"};
    int unit = 0;
    long number = bytes;
    while (unit < 3 && number != 0 && number % 1024 == 0) {
      number /= 1024;
      unit++;
    }
    return number + units[unit];
  }
}
