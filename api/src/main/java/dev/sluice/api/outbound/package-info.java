// SPDX-License-Identifier: Apache-2.0

/**
 * The way out: a session, a handler or a protocol opens connections to other hosts, and speaks as
 * the client on the same boundary that it serves on.
 *
 * <p>A {@link dev.sluice.api.outbound.OutboundConnector} comes from a context. It resolves, connects
 * and does the TLS handshake, and makes the client's {@link dev.sluice.api.Session} once all of that
 * stands; what fails on the way is told by an {@link dev.sluice.api.outbound.OutboundException} of a
 * kind.
 */
@NullMarked
package dev.sluice.api.outbound;

import org.jspecify.annotations.NullMarked;
