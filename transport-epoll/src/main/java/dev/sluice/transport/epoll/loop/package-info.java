// SPDX-License-Identifier: Apache-2.0

/** Event loops, worker threads, and how they do. */
@NullMarked
package dev.sluice.transport.epoll.loop;

import org.jspecify.annotations.NullMarked;
