// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What the keys of a map may be; for the node's own records, beside {@code @Setting}. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface MapKeys {

  /** A regular expression that each key matches as a whole. */
  String pattern();

  /** The pattern in words, as in "allowed: ...". */
  String allowed();

  /** The least number of keys. */
  int least() default 0;
}
