// SPDX-License-Identifier: Apache-2.0

/**
 * Sockets and TLS on epoll and BoringSSL, as wires of the engine: what a node starts, opens its
 * interfaces with and stops. The packages below are the transport's own, but for the few types of
 * theirs that a node has to name.
 */
@NullMarked
package dev.sluice.transport.epoll;

import org.jspecify.annotations.NullMarked;
