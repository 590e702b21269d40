// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.http;

import dev.sluice.api.Execution;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.protocol.http.client.HttpClientRequest;
import org.junit.jupiter.api.Nested;

/** An application that keeps its contract passes, on either kind of thread. */
class NotesContractTest {

  private static RequestScript.Builder begin() {
    return RequestScript.builder()
        .get("/notes/of/a")
        .expect(200, "nothing")
        .send(() -> HttpClientRequest.of("PUT", "/notes/of/a").body("a note"))
        .expect(201)
        .get("/notes/of/a")
        .expect(200, "a note")
        .send(() -> HttpClientRequest.of("POST", "/notes/length").streamed(), "one", "two", "three")
        .expect(200, "11")
        .get("/notes/later")
        .expect(200, "later")
        .get("/elsewhere")
        .expect(404);
  }

  @Nested
  class OnWorkers extends ApplicationContract {
    @Override
    protected RpcHandler application() {
      return new Notes();
    }

    @Override
    protected RequestScript script() {
      return begin().get("/notes/waiting").expectMatching(200, "x{" + Notes.LARGE + "}").build();
    }
  }

  @Nested
  class OnTheEventLoop extends ApplicationContract {
    @Override
    protected RpcHandler application() {
      return new Notes(Execution.EVENT_LOOP);
    }

    @Override
    protected RequestScript script() {
      return begin().get("/notes/large").expectMatching(200, "x{" + Notes.LARGE + "}").build();
    }
  }
}
