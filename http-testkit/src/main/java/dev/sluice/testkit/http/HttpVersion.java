// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.http;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.protocol.http1.Http1Protocol;
import dev.sluice.protocol.http2.Http2Protocol;

/** What clients and the node speak. */
public enum HttpVersion {
  /** One request after the other on a connection. */
  HTTP_1_1("HTTP/1.1"),

  /** Requests side by side on a connection. */
  HTTP_2("HTTP/2");

  private final String text;

  HttpVersion(String text) {
    this.text = text;
  }

  /** The same implementation that a node loads from its jar. */
  CustomProtocolSubsystem protocol() {
    return this == HTTP_2 ? new Http2Protocol() : new Http1Protocol();
  }

  /** As {@code RpcContext.protocol()} says it. */
  @Override
  public String toString() {
    return text;
  }
}
