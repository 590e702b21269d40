// SPDX-License-Identifier: Apache-2.0

/** A real node in a test: sockets, TLS, limits and all, from the author's own classes or jar. */
@NullMarked
package dev.sluice.nodetest;

import org.jspecify.annotations.NullMarked;
