// SPDX-License-Identifier: Apache-2.0

/** Sockets, TLS, budgets and the bridge from channels to sessions, on epoll and BoringSSL. */
@NullMarked
package dev.sluice.transport.epoll;

import org.jspecify.annotations.NullMarked;
