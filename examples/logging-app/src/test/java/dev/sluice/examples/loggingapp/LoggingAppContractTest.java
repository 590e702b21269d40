// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.loggingapp;

import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.testkit.http.ApplicationContract;
import dev.sluice.testkit.http.RequestScript;

/** The application keeps what every application owes its clients. */
class LoggingAppContractTest extends ApplicationContract {

  @Override
  protected RpcHandler application() {
    return new LoggingApp();
  }

  @Override
  protected RequestScript script() {
    return RequestScript.builder()
        .get("/app/log/one")
        .expect(404)
        .post("/app/log/one", "hello")
        .expect(201)
        .get("/app/log/one")
        .expect(200, "hello")
        .send(() -> HttpClientRequest.of("PUT", "/app/upload").streamed(), "a", "bc", "def")
        .expectMatching(200, ".*\"bytes\":6.*")
        .get("/app/download/300000")
        .expectMatching(200, ".{300000}")
        .send(() -> HttpClientRequest.of("DELETE", "/app/log/one"))
        .expect(204)
        .build();
  }
}
