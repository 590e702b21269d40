// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.rpc.RpcHeaders;
import io.netty.buffer.ByteBuf;
import java.net.URI;

/**
 * Takes a response as it arrives.
 *
 * <p><b>Order.</b> Any number of {@link #interim} and {@link #redirected}, then {@link #head}, any
 * number of {@link #part}, and {@link #end}; or {@link #failed} at any point. One of {@code end}
 * and {@code failed} is called exactly once, and is the last call.
 *
 * <p><b>Threads.</b> On the event loop of the connection, which must not be blocked; {@link
 * #failed} comes on another thread of the node where there was no connection. Calls never overlap.
 * What is bound to a session or a request goes back there by {@link
 * dev.sluice.api.SessionContext#execute} or {@link dev.sluice.api.rpc.RpcContext#execute}.
 *
 * <p>What a call throws breaks the call off with {@link HttpClientException.Kind#RECEIVER_FAILED}.
 */
public interface HttpResponseReceiver {

  /**
   * A response that another one follows (RFC 9110, section 15.2), such as 103. Ignored by default.
   *
   * @param head status 100 to 199
   */
  default void interim(HttpResponseHead head) {}

  /**
   * A redirect is followed, and another request is sent: any number of times before {@link #head},
   * and only where {@link HttpClient.Builder#followRedirects} says so. Ignored by default.
   *
   * @param head of the redirect, whose body is not passed on
   * @param to where it leads
   */
  default void redirected(HttpResponseHead head, URI to) {}

  /**
   * The response has begun.
   *
   * @param head status 200 to 999
   */
  void head(HttpResponseHead head);

  /**
   * More of the body. While it is not wanted {@link HttpClientCall#pauseBody} holds the peer back.
   *
   * @param data borrowed: valid during the call, {@code retain()} to keep it; never empty
   */
  void part(ByteBuf data);

  /**
   * The response is complete.
   *
   * @param trailers fields behind the body; empty where there are none
   */
  void end(RpcHeaders trailers);

  /**
   * The call has come to nothing, or the rest of its response.
   *
   * @param failure why, and whether the request was sent
   */
  void failed(HttpClientException failure);
}
