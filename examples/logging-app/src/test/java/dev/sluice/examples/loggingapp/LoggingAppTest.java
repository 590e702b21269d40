// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.loggingapp;

import dev.sluice.protocol.http1.Http1Protocol;
import java.net.http.HttpClient;

/** The application over HTTP/1.1. */
class LoggingAppTest extends LoggingAppPromises {

  LoggingAppTest() {
    super(new Http1Protocol(), HttpClient.Version.HTTP_1_1, "HTTP/1.1");
  }
}
