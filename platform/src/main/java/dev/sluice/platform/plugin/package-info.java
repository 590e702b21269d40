// SPDX-License-Identifier: Apache-2.0

/** Finds the protocols in the plug-in folder, each jar on a class path of its own. */
@NullMarked
package dev.sluice.platform.plugin;

import org.jspecify.annotations.NullMarked;
