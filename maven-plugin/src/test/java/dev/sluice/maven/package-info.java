// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.sluice.maven;

import org.jspecify.annotations.NullMarked;
