// SPDX-License-Identifier: Apache-2.0
/** Line echo: a protocol in one small jar, every line comes back. */
@NullMarked
package dev.sluice.examples.lineecho;

import org.jspecify.annotations.NullMarked;
