// SPDX-License-Identifier: Apache-2.0
/** {@code mvn sluice:run}: a node on a project's classes, by the loader that a node in production has. */
@NullMarked
package dev.sluice.maven;

import org.jspecify.annotations.NullMarked;
