// SPDX-License-Identifier: Apache-2.0
/** Raw echo: the protocol that a node serves while it is measured, in a jar of its own. */
@NullMarked
package dev.sluice.benchmarks.rawecho;

import org.jspecify.annotations.NullMarked;
