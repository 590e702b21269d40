// SPDX-License-Identifier: Apache-2.0

/** HTTP/2 on the node's boundary, by RFC 9113: Netty's codec, hosted, with limits of its own. */
@NullMarked
package dev.sluice.protocol.http2;

import org.jspecify.annotations.NullMarked;
