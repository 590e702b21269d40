// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.outbound.OutboundTarget;

/**
 * Whom connections are kept for, and how they are opened.
 *
 * @param target host and port
 * @param secure whether under TLS
 * @param foreign whether it is a peer who has named it, as a redirect to another origin does: it is
 *     not shown the client's certificate, and no figures are kept by its name
 */
record Destination(OutboundTarget target, boolean secure, boolean foreign) {}
