// SPDX-License-Identifier: Apache-2.0
/** Coverage-guided fuzzing of whatever reads bytes, and the inputs that it found as tests. */
@NullMarked
package dev.sluice.testkit.fuzz;

import org.jspecify.annotations.NullMarked;
