// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

/**
 * Where a key or a value was written.
 *
 * @param source the file as it was named, or {@code --set} and the key path of an override
 * @param line from 1; 0 where the source has no lines worth naming
 * @param column from 1; 0 where there is no line
 */
public record Mark(String source, int line, int column) {

  static Mark whole(String source) {
    return new Mark(source, 0, 0);
  }

  /**
   * As compilers write it, {@code sluice.yaml:12}, so that editors and terminals can jump to it.
   */
  @Override
  public String toString() {
    return line == 0 ? source : source + ":" + line;
  }
}
