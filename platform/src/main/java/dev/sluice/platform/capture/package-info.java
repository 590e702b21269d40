// SPDX-License-Identifier: Apache-2.0

/** Sessions of a node that are recorded while it runs: orders, bounds, the way to the file. */
@NullMarked
package dev.sluice.platform.capture;

import org.jspecify.annotations.NullMarked;
