// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Why one connection was closed, or refused at accept. Values only: it keeps nothing of the
 * connection alive.
 *
 * @param sequence 1 for the node's first record, and so on
 * @param at when the socket was closed; of several refusals in one record, the first
 * @param id of the connection; 0 if it was refused before it had one, or could not be opened
 * @param interfaceName the interface that accepted it, or would have
 * @param protocol what it was served by; where that was never decided, all that the interface
 *     serves, with commas
 * @param remote the peer's address and port; of several refusals in one record, the first; of a
 *     connection that could not be opened, whom it was to go to
 * @param reason a {@link dev.sluice.api.CloseReason}'s code
 * @param closedBy who ended it
 * @param limit the configuration key of the limit that was reached, or that cut short a close which
 *     something else had begun
 * @param note the session's own note, and what the node has to say of a failure; at most some 400
 *     characters, which may hold what a peer sent
 * @param certificate what it was served with; empty without TLS and where TLS had not begun
 * @param capped admitted over the interface's soft cap
 * @param age from accept to the end of the socket
 * @param bytesIn plaintext bytes received
 * @param bytesOut plaintext bytes that the kernel took
 * @param count 1; more where refusals over the hard cap, or failures to connect, share a record
 *     within a second
 */
public record CloseRecord(
    long sequence,
    Instant at,
    long id,
    String interfaceName,
    String protocol,
    Optional<String> remote,
    String reason,
    ClosedBy closedBy,
    Optional<String> limit,
    Optional<String> note,
    Optional<CertificateVersion> certificate,
    boolean capped,
    Duration age,
    long bytesIn,
    long bytesOut,
    long count) {

  CloseRecord withCount(long other) {
    return new CloseRecord(
        sequence,
        at,
        id,
        interfaceName,
        protocol,
        remote,
        reason,
        closedBy,
        limit,
        note,
        certificate,
        capped,
        age,
        bytesIn,
        bytesOut,
        other);
  }
}
