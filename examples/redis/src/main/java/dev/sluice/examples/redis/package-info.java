// SPDX-License-Identifier: Apache-2.0
/** Redis: a store in memory that all connections share, with messages among them. */
@NullMarked
package dev.sluice.examples.redis;

import org.jspecify.annotations.NullMarked;
