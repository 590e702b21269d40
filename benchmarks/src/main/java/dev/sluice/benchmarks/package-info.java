// SPDX-License-Identifier: Apache-2.0
/**
 * Measures what a server's CPU pays per operation, against a hand-written Netty pipeline, in one
 * interleaved run.
 */
@NullMarked
package dev.sluice.benchmarks;

import org.jspecify.annotations.NullMarked;
