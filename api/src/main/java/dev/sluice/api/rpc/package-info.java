// SPDX-License-Identifier: Apache-2.0

/**
 * Requests and their answers, whatever carries them: an application implements {@link
 * dev.sluice.api.rpc.RpcHandler} and is served by every version of HTTP alike.
 *
 * <p>A handler is found by {@code ServiceLoader}, as a protocol is. It is called once for each
 * request with an {@link dev.sluice.api.rpc.RpcContext}, and answers by it, now or later.
 */
@NullMarked
package dev.sluice.api.rpc;

import org.jspecify.annotations.NullMarked;
