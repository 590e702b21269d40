// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.time.Duration;

/**
 * What all connections of a node share.
 *
 * @param inboundQueueLimit bytes of input waiting for sessions, node-wide
 * @param inboundConnectionLimit bytes of input waiting for one session
 * @param outboundQueueLimit bytes of output waiting for the kernel, node-wide
 * @param requestTimeout how long a session at work counts as busy and not as idle
 * @param closeRecords how many records of closed connections are kept; 0 for none
 */
public record BridgeOptions(
    long inboundQueueLimit,
    int inboundConnectionLimit,
    long outboundQueueLimit,
    Duration requestTimeout,
    int closeRecords) {}
