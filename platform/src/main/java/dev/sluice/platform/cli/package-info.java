// SPDX-License-Identifier: Apache-2.0

/** The command line: {@code sluice run}, {@code check}, {@code protocols} and {@code cert}. */
@NullMarked
package dev.sluice.platform.cli;

import org.jspecify.annotations.NullMarked;
