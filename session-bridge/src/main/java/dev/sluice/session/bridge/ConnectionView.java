// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * One connection as it was when somebody asked. Values only: it keeps nothing of the connection
 * alive. Figures are those of one moment or of a moment shortly before, each for itself.
 *
 * @param id of the connection
 * @param interfaceName the interface that accepted it
 * @param protocol what it is served by; where that is not decided yet, all that the interface
 *     serves, with commas
 * @param local the node's address; empty where the kernel did not tell
 * @param remote the peer's address; likewise
 * @param openedAt when it was accepted
 * @param age since then
 * @param capped admitted over the interface's soft cap
 * @param state how far it has come
 * @param busy its session is at work or owes an answer
 * @param bytesIn plaintext bytes received
 * @param bytesOut plaintext bytes that the kernel took
 * @param queuedOut bytes that the session has written and the kernel has not taken, and those that
 *     it keeps until the peer lets it write them, as an HTTP/2 client's windows do
 * @param heldIn bytes received that the session has not finished with: queued for it, or held
 * @param readsPaused nothing is read from the socket at the moment, whatever for
 * @param tlsVersion such as {@code TLSv1.3}; empty without TLS and before it is agreed on
 * @param alpn the ALPN name that was chosen
 * @param serverName the host name that the client asked for
 * @param certificate what it is served with; empty without TLS and before it has begun
 * @param note the session's own, at most 200 characters
 */
public record ConnectionView(
    long id,
    String interfaceName,
    String protocol,
    Optional<SocketAddress> local,
    Optional<SocketAddress> remote,
    Instant openedAt,
    Duration age,
    boolean capped,
    ConnectionState state,
    boolean busy,
    long bytesIn,
    long bytesOut,
    long queuedOut,
    long heldIn,
    boolean readsPaused,
    Optional<String> tlsVersion,
    Optional<String> alpn,
    Optional<String> serverName,
    Optional<CertificateVersion> certificate,
    Optional<String> note) {}
