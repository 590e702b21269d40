// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.HttpConfiguration;

/** The schemes of what is asked for (RFC 9110, section 4.2). */
public final class Schemes {

  private Schemes() {}

  /**
   * Refuses a resource that this connection has no authority for: one of {@code https} on plaintext
   * (RFC 9110, section 7.4), or of a scheme that is not HTTP's. One of {@code http} is served under
   * TLS as well, since a proxy may add it on its way here.
   *
   * @param scheme as the client says it, in any case
   * @param secure whether the connection is under TLS
   * @param limits whether a proxy ends TLS before the node
   * @throws HttpRefusal {@link HttpProblem#MISDIRECTED}
   */
  public static void check(String scheme, boolean secure, HttpConfiguration limits)
      throws HttpRefusal {
    boolean served =
        scheme.equalsIgnoreCase("https")
            ? secure || limits.httpsOverPlaintext()
            : scheme.equalsIgnoreCase("http");
    if (!served) {
      throw new HttpRefusal(HttpProblem.MISDIRECTED);
    }
  }
}
