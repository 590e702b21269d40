// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.capture;

import java.time.Duration;
import java.util.Optional;

/**
 * What somebody wants recorded.
 *
 * @param interfaceName whose sessions
 * @param remote only peers whose address begins so, as in lists of connections
 * @param connection only the session of this connection, if it is yet to be made
 * @param connections how many; empty: as many as may be
 * @param bytes how large the file may become; empty: as large as may be
 * @param time for how long; empty: as long as may be
 */
public record CaptureRequest(
    String interfaceName,
    Optional<String> remote,
    Optional<Long> connection,
    Optional<Integer> connections,
    Optional<Long> bytes,
    Optional<Duration> time) {}
