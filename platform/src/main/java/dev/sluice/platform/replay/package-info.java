// SPDX-License-Identifier: Apache-2.0

/**
 * Plays recorded sessions into a protocol, in memory: the engine of a node, a wire that takes all,
 * and a clock of its own. Says where the answers differ.
 */
@NullMarked
package dev.sluice.platform.replay;

import org.jspecify.annotations.NullMarked;
