// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.TlsInfo;
import dev.sluice.api.Transport;
import dev.sluice.session.bridge.Admission;
import dev.sluice.session.bridge.ConnectionOpener;
import dev.sluice.session.bridge.EndpointOptions;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is fixed when an in-memory connection is made.
 *
 * @param served what it is served by, and its limits
 * @param place under the caps
 * @param opener hears of its session, where the node has opened it
 * @param handshaking the handshake has only begun
 */
record ConnectionOptions(
    EndpointOptions served,
    Admission.Place place,
    @Nullable ConnectionOpener opener,
    Transport transport,
    @Nullable TlsInfo tls,
    boolean handshaking,
    InetSocketAddress remote) {}
