// SPDX-License-Identifier: Apache-2.0

/** Looks on at sessions in a node, and reports what breaks their contract. */
@NullMarked
package dev.sluice.session.bridge.strict;

import org.jspecify.annotations.NullMarked;
