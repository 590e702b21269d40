// SPDX-License-Identifier: Apache-2.0

/** Passes on what it gets: requests by HTTP, and bytes of any protocol. */
@NullMarked
package dev.sluice.examples.relay;

import org.jspecify.annotations.NullMarked;
