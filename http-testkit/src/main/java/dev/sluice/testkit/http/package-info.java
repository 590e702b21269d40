// SPDX-License-Identifier: Apache-2.0

/** Applications in memory: HTTP/1.1 and HTTP/2 without sockets, a clock set by hand, a contract. */
@NullMarked
package dev.sluice.testkit.http;

import org.jspecify.annotations.NullMarked;
