// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

/** A request that was handed over, until its response has ended. Every method on any thread. */
public interface HttpClientCall {

  /**
   * Where the parts of a {@linkplain HttpClientRequest#streamed() streamed} body go.
   *
   * @return the same always; one that takes nothing where the request's body is whole
   */
  HttpRequestBody body();

  /**
   * Stops the parts of the response after those on their way, and with them the peer: on HTTP/1.1
   * the connection is not read from, on HTTP/2 the stream's window is not opened. Does not nest.
   */
  void pauseBody();

  /** Takes back {@link #pauseBody}. */
  void resumeBody();

  /**
   * Gives the call up: the receiver hears of {@link HttpClientException.Kind#CANCELLED}. HTTP/1.1
   * can do so only by closing the connection; HTTP/2 resets the stream. Does nothing once the
   * response has ended.
   */
  void cancel();
}
