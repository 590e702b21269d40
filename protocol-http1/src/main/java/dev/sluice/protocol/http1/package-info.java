// SPDX-License-Identifier: Apache-2.0

/** HTTP/1.1 and HTTP/1.0 on the node's boundary, strictly by RFC 9110 and 9112. */
@NullMarked
package dev.sluice.protocol.http1;

import org.jspecify.annotations.NullMarked;
