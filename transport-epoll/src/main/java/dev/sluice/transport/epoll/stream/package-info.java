// SPDX-License-Identifier: Apache-2.0

/** TCP channels, with or without TLS, as the wires of the engine's streams. */
@NullMarked
package dev.sluice.transport.epoll.stream;

import org.jspecify.annotations.NullMarked;
