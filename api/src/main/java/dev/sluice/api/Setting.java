// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Describes a component of a settings record: its text in the reference, its default and its range.
 *
 * <p>The key is the component's name in snake_case: {@code maxLineLength} is {@code
 * max_line_length}. A component may be a {@code String}, {@code boolean}, {@code int}, {@code
 * long}, {@code double}, an enum (written in lower case), a {@link java.time.Duration} ({@code
 * 500ms}, {@code 60s}, {@code 5m}, {@code 1h}), a {@link ByteSize}, a {@link java.nio.file.Path}
 * (absolute when it comes: a relative one starts at the folder of the configuration file), another
 * settings record, a {@code List} of one of these, a {@code Map} from {@code String}, or an {@code
 * Optional} of one. A component without a default that is no {@code Optional} must be given: what
 * is unset is never 0.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {

  /**
   * What it does, for the reference; a sentence or two.
   *
   * @return not empty
   */
  String description();

  /**
   * The value where none is given, as it would be written in the file; a {@code String} as it is,
   * without quotes.
   *
   * @return empty: none, the key must be given
   */
  String defaultValue() default "";

  /**
   * The least value allowed of a number, duration or size, written as in the file.
   *
   * @return empty: no bound
   */
  String min() default "";

  /**
   * The greatest value allowed of a number, duration or size, written as in the file.
   *
   * @return empty: no bound
   */
  String max() default "";
}
