// SPDX-License-Identifier: Apache-2.0

/** The node: its plan, its start and end, and the manager that holds all policy. */
@NullMarked
package dev.sluice.platform;

import org.jspecify.annotations.NullMarked;
