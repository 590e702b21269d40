// SPDX-License-Identifier: Apache-2.0

/** Connections that a node opens: from a name to a session. */
@NullMarked
package dev.sluice.transport.epoll.outbound;

import org.jspecify.annotations.NullMarked;
