// SPDX-License-Identifier: Apache-2.0

/**
 * HTTP as a client: one way to ask, whatever the version that carries it.
 *
 * <p>A {@link dev.sluice.protocol.http.client.HttpClient} keeps connections and asks over them.
 * Below it an {@link dev.sluice.protocol.http.client.HttpClientSession} is one connection, opened by
 * the name of its protocol, {@code HTTP1} or {@code HTTP2}, with an {@link
 * dev.sluice.api.outbound.OutboundConnector}.
 */
@NullMarked
package dev.sluice.protocol.http.client;

import org.jspecify.annotations.NullMarked;
