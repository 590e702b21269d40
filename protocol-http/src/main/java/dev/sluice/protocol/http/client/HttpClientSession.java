// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.Session;
import java.util.concurrent.CompletionStage;

/**
 * One connection to an HTTP server, on which requests can be made. Every method but those of {@link
 * Session}, which are the node's to call, may be called from any thread.
 *
 * <p>It is opened by its protocol's name: {@code connector.connect(target, options, "HTTP1")}
 * answers an {@code OutboundConnection} whose session is one of these. {@link HttpClient} does so
 * by itself, and keeps several.
 */
public interface HttpClientSession extends Session {

  /**
   * Sends a request, and receives its response in parts.
   *
   * @param request passes to the session, with its body
   * @param receiver called from now on, see there; also where the session does not take the request
   * @return the call, also where it has failed already
   */
  HttpClientCall send(HttpClientRequest request, HttpResponseReceiver receiver);

  /**
   * Sends a request, and gathers its response. For a request whose body is whole: a streamed one
   * has to be written by the {@link HttpClientCall}.
   *
   * @param request passes to the session, with its body
   * @return completes on the connection's event loop, or fails with an {@link HttpClientException};
   *     cancelling its {@code toCompletableFuture()} gives the call up
   * @throws IllegalArgumentException if the body is streamed
   */
  default CompletionStage<HttpClientResponse> send(HttpClientRequest request) {
    return GatheredResponse.of(request, receiver -> send(request, receiver));
  }

  /**
   * How many requests may be under way at once. On HTTP/1.1 one, unless {@link
   * HttpClientSettings#maxPipelined} says otherwise, and then none while a body is under way; on
   * HTTP/2 what the peer allows, which it may change.
   *
   * @return 0: none is taken now; {@link #isOpen} says whether that may change
   */
  int maxRequests();

  /**
   * Whether the connection takes requests, be it only when there is room again: an HTTP/2 peer may
   * allow none for a time, and one that has been silent is asked first whether it is still there.
   *
   * @return {@code false}: it is about to end or has ended
   */
  default boolean isOpen() {
    return maxRequests() > 0;
  }

  /**
   * Asks to be told when {@link #maxRequests} or {@link #isOpen} has changed.
   *
   * @param action called on any thread, perhaps once more than needed; at once where the connection
   *     is not open. A second action takes the place of the first
   */
  void onChange(Runnable action);

  /** Ends the connection once the requests under way have; takes no more from now on. */
  void shutdown();
}
