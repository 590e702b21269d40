package ${package};

import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.testkit.http.ApplicationContract;
import dev.sluice.testkit.http.RequestScript;

/** Every rule that an application has to keep, by HTTP/1.1 and HTTP/2. In memory, without a socket. */
class NotesContractTest extends ApplicationContract {

  @Override
  protected RpcHandler application() {
    return new Notes();
  }

  @Override
  protected RequestScript script() {
    return RequestScript.builder()
        .get("/notes/one")
        .expect(404)
        .send(() -> HttpClientRequest.of("PUT", "/notes/one").body("milk"))
        .expect(201)
        .get("/notes/one")
        .expect(200, "milk")
        .build();
  }
}
