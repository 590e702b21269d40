// SPDX-License-Identifier: Apache-2.0

/**
 * The operator's view of a node, by HTTP under {@code /node}: an application like any other, except
 * that it is the node's own and answers only on interfaces that name it.
 */
@NullMarked
package dev.sluice.platform.operator;

import org.jspecify.annotations.NullMarked;
