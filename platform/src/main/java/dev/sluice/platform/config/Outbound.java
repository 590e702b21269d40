// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.api.Setting;
import java.time.Duration;
import java.util.Optional;

/** What protocols and applications may connect to other hosts with. */
public record Outbound(
    @Setting(
            description =
                "How many connections to others the node has at once, those on the way included."
                    + " With 0 it opens none.",
            defaultValue = "1000",
            min = "0",
            max = "1000000")
        int maxConnections,
    @Setting(
            description =
                "How long it may take from looking the name up until one of its addresses has taken the"
                    + " connection. Code may ask for another time.",
            defaultValue = "10s",
            min = "100ms")
        Duration connectTimeout,
    @Setting(
            description =
                "How long the TLS handshake may take after that. Code may ask for another time.",
            defaultValue = "10s",
            min = "100ms")
        Duration handshakeTimeout,
    @Setting(
            description =
                "Takes the place of the node's `idle_connection_timeout` for these connections. Code may ask for"
                    + " another time.",
            min = "100ms")
        Optional<Duration> idleConnectionTimeout,
    @Setting(
            description =
                "How long a peer may leave unacknowledged what it was sent, or not take it, before the kernel"
                    + " ends the connection (TCP_USER_TIMEOUT): a peer that is gone is noticed so."
                    + " With 0 the kernel's own counts end it, after a quarter of an hour or so.",
            defaultValue = "30s")
        Duration tcpUserTimeout) {}
