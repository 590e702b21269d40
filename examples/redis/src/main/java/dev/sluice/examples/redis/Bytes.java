// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A key, a field or a channel. Comparable, so that keys which were chosen to have one hash cost a
 * look-up no more than a few comparisons.
 */
final class Bytes implements Comparable<Bytes> {

  private final byte[] array;

  /**
   * Takes an array as it is.
   *
   * @param array not to be changed any more
   */
  Bytes(byte[] array) {
    this.array = array;
  }

  byte[] array() {
    return array;
  }

  @Override
  public int compareTo(Bytes other) {
    return Arrays.compare(array, other.array);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Bytes bytes && Arrays.equals(array, bytes.array);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(array);
  }

  /** Each byte a character. */
  @Override
  public String toString() {
    return new String(array, ISO_8859_1);
  }
}
