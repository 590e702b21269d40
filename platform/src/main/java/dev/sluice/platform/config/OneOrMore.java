// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A list that is not empty, and that may be written as its only element; for the node's own
 * records, beside {@code @Setting}.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface OneOrMore {}
