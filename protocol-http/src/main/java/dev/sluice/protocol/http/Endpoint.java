// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.RequestLimits;

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

  /**
   * The limits of the endpoint's requests, where it has others than its interface. Read once, when
   * it is added.
   *
   * @return those of the interface by default
   */
  default RequestLimits limits() {
    return RequestLimits.OF_INTERFACE;
  }

  /**
   * Gives an endpoint limits of its own.
   *
   * <pre>{@code
   * endpoints.post("/chat", Endpoint.limited(RequestLimits.endless(HOUR), this::chat));
   * }</pre>
   *
   * @param limits of its requests
   * @param endpoint answers
   * @return an endpoint that answers in the same way
   */
  static Endpoint limited(RequestLimits limits, Endpoint endpoint) {
    return new Endpoint() {
      @Override
      public void handle(EndpointCall call) throws Exception {
        endpoint.handle(call);
      }

      @Override
      public RequestLimits limits() {
        return limits;
      }
    };
  }
}
