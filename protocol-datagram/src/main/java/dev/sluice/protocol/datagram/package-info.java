// SPDX-License-Identifier: Apache-2.0
/** The datagram echo: the model of a protocol on UDP. */
@NullMarked
package dev.sluice.protocol.datagram;

import org.jspecify.annotations.NullMarked;
