// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.RpcResponse;

/** What a browser sees at the root of an interface whose root no application claims. */
final class Welcome {

  static final String METHODS = "GET, HEAD, OPTIONS";

  private static final String PAGE =
      """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Sluice</title>
      <style>body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem}</style>
      </head>
      <body>
      <h1>Sluice is running</h1>
      <p>This node serves HTTP here, and no application claims this page. An application is a jar in
      the node's <code>plugins</code> folder; it answers below the paths that it claims.</p>
      </body>
      </html>
      """;

  private Welcome() {}

  static RpcResponse response() {
    return RpcResponse.of(200)
        .header("content-type", "text/html; charset=utf-8")
        .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'")
        .header("x-content-type-options", "nosniff")
        .body(PAGE);
  }
}
