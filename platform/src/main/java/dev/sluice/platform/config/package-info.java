// SPDX-License-Identifier: Apache-2.0

/** The node's configuration: YAML with line marks, bound to records, wrong in one clear line. */
@NullMarked
package dev.sluice.platform.config;

import org.jspecify.annotations.NullMarked;
