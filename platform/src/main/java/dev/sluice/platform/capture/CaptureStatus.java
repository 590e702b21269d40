// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.capture;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How far a capture has come.
 *
 * @param id what it is called while the node runs
 * @param interfaceName whose sessions
 * @param remote only peers whose address begins so
 * @param connection only this one
 * @param file where it is
 * @param startedAt by the system's clock
 * @param endedAt empty while it is under way
 * @param endedBy in a word; empty while it is under way
 * @param problem what went wrong; empty if nothing did
 * @param connections recorded until now
 * @param bytes of the file until now
 * @param lostRecords not recorded, since the disk was slower than the sessions
 * @param lostBytes in those
 * @param maxConnections its bound
 * @param maxBytes its bound
 * @param maxTime its bound
 */
public record CaptureStatus(
    String id,
    String interfaceName,
    Optional<String> remote,
    Optional<Long> connection,
    Path file,
    Instant startedAt,
    Optional<Instant> endedAt,
    Optional<String> endedBy,
    Optional<String> problem,
    int connections,
    long bytes,
    long lostRecords,
    long lostBytes,
    int maxConnections,
    long maxBytes,
    Duration maxTime) {}
