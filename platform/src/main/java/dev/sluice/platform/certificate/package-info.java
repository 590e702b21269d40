// SPDX-License-Identifier: Apache-2.0
/** Certificates that arrive, change and run out while the node serves. */
@NullMarked
package dev.sluice.platform.certificate;

import org.jspecify.annotations.NullMarked;
