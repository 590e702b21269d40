// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

/** Answers the requests of one method and path template. */
@FunctionalInterface
public interface Endpoint {

  /**
   * Answers a request, now or later, as {@link dev.sluice.api.rpc.RpcHandler#handle} does.
   *
   * @param call the request and what its path's parameters are
   * @throws Exception costs this request only
   */
  void handle(EndpointCall call) throws Exception;
}
