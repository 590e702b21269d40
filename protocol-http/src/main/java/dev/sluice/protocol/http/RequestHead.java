// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.RpcHeaders;
import org.jspecify.annotations.Nullable;

/**
 * A request without its body, valid by the rules of its version.
 *
 * @param protocol such as {@code HTTP/1.1}
 * @param method in upper case
 * @param authority host and port; empty where there is none
 * @param path still encoded, or {@code *}
 * @param query without its question mark
 * @param headers as they came
 * @param contentLength 0 where there is no body, {@link #UNKNOWN_LENGTH} where its end will tell
 * @param expectsContinue whether the client waits for a word before it sends the body
 * @param keepAlive whether another request may follow on the connection
 */
public record RequestHead(
    String protocol,
    String method,
    String authority,
    String path,
    @Nullable String query,
    RpcHeaders headers,
    long contentLength,
    boolean expectsContinue,
    boolean keepAlive) {

  /** Of a body that says by itself where it ends. */
  public static final long UNKNOWN_LENGTH = -1;

  /**
   * Of a request that no application hears of.
   *
   * @param protocol such as {@code HTTP/1.1}
   * @param method as far as it was read
   * @param ended whether nothing more of it follows
   * @return the last of its connection
   */
  public static RequestHead refused(String protocol, @Nullable CharSequence method, boolean ended) {
    String known = method == null ? "GET" : method.toString();
    long length = ended ? 0 : UNKNOWN_LENGTH;
    return new RequestHead(protocol, known, "", "/", null, RpcHeaders.EMPTY, length, false, false);
  }

  /**
   * Whether a body follows.
   *
   * @return {@code true} also where it may turn out empty
   */
  public boolean hasBody() {
    return contentLength != 0;
  }

  /**
   * Whether the method asks for nothing to be changed (RFC 9110, section 9.2.1).
   *
   * @return {@code true} for {@code GET}, {@code HEAD} and {@code OPTIONS}
   */
  public boolean isSafe() {
    return method.equals("GET") || method.equals("HEAD") || method.equals("OPTIONS");
  }
}
