// SPDX-License-Identifier: Apache-2.0

/** UDP sockets as the wires of the engine's datagram peers. */
@NullMarked
package dev.sluice.transport.epoll.datagram;

import org.jspecify.annotations.NullMarked;
