// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.loggingapp;

import dev.sluice.api.rpc.RpcResponse;

/** As much of JSON as these answers need; an application with more to say brings a library. */
final class Json {

  private Json() {}

  static RpcResponse response(int status, String body) {
    return RpcResponse.of(status).header("content-type", "application/json").body(body);
  }

  /** RFC 9457. */
  static RpcResponse problem(int status, String code, String detail) {
    return RpcResponse.of(status)
        .header("content-type", "application/problem+json")
        .body(
            "{\"status\":"
                + status
                + ",\"code\":"
                + quoted(code)
                + ",\"detail\":"
                + quoted(detail)
                + "}\n");
  }

  static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ' || c == '<' || c == '>' || c == '&') {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }

  /** What a header field may carry of a text. */
  static String ascii(String text) {
    return text.replaceAll("[^\\x21-\\x7e ]", "?").strip();
  }
}
