// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.loggingapp;

import dev.sluice.protocol.http2.Http2Protocol;
import java.net.http.HttpClient;

/** The application over HTTP/2. */
class LoggingAppHttp2Test extends LoggingAppPromises {

  LoggingAppHttp2Test() {
    super(new Http2Protocol(), HttpClient.Version.HTTP_2, "HTTP/2");
  }
}
