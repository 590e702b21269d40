// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.rpc.RpcHeaders;

/**
 * What a response begins with. May be kept.
 *
 * @param protocol {@code HTTP/1.0}, {@code HTTP/1.1} or {@code HTTP/2}
 * @param status 100 to 999
 * @param headers as they came
 * @param contentLength the length of the body that follows, 0 where none can; {@link
 *     HttpClientRequest#UNKNOWN_LENGTH} where its end tells
 */
public record HttpResponseHead(
    String protocol, int status, RpcHeaders headers, long contentLength) {}
