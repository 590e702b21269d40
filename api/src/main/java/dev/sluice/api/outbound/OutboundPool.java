// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.outbound;

/**
 * The connections that a client keeps to one target, for the node's operator.
 *
 * @param target whom to
 * @param foreign whether a peer has named the target: it is counted among {@code other}
 * @param connections open, used or not
 * @param connecting attempts under way
 * @param requests under way on the connections
 * @param waiting requests that wait for a connection
 */
public record OutboundPool(
    OutboundTarget target,
    boolean foreign,
    int connections,
    int connecting,
    int requests,
    int waiting) {}
