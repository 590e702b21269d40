// SPDX-License-Identifier: Apache-2.0

/**
 * The boundary between the node and a protocol: everything that a protocol jar compiles against.
 *
 * <p>A protocol is a {@link dev.sluice.api.CustomProtocolSubsystem} found by {@code ServiceLoader}.
 * It makes one {@link dev.sluice.api.Session} a connection, hands plaintext bytes back through the
 * {@link dev.sluice.api.SessionWriter} it was given, and never sees a socket or a TLS record.
 */
@NullMarked
package dev.sluice.api;

import org.jspecify.annotations.NullMarked;
