// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

/**
 * What a load has done in one round, from its first byte until nothing was in flight any more. Lost
 * are datagrams that were sent and did not come back.
 */
record Tally(long operations, long bytes, long lost) {}
