// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.api.rpc.RpcMap;
import dev.sluice.api.rpc.RpcService;
import dev.sluice.testkit.ConversationScript;
import dev.sluice.testkit.InMemoryNodeContext;
import dev.sluice.testkit.InMemoryPlatform;
import dev.sluice.testkit.SessionContract;
import java.util.List;

/** HTTP/1.1 keeps the contract of a session. */
class Http1ContractTest extends SessionContract {

  private static final String DATE = "date: \\w{3}, \\d\\d \\w{3} \\d{4} [\\d:]{8} GMT\r\n";

  private static final String BODY = "x".repeat(2000);

  @Override
  protected CustomProtocolSubsystem protocol() {
    return new Http1Protocol();
  }

  @Override
  protected void configure(InMemoryPlatform platform) {
    TestApp app = new TestApp();
    try {
      app.start(new InMemoryNodeContext("test", Runnable::run));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    platform.rpc(new RpcMap(HttpConfiguration.defaults(), List.of(RpcService.of(app))));
  }

  @Override
  protected ConversationScript script() {
    return ConversationScript.builder()
        .send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        .expectMatching(
            "HTTP/1.1 200 OK\r\n"
                + DATE
                + "content-type: text/plain; charset=utf-8\r\ncontent-length: 13\r\n\r\nHello, World!")
        .send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n" + BODY)
        .expectMatching("HTTP/1.1 200 OK\r\n" + DATE + "content-length: 2000\r\n\r\n" + BODY)
        .send(
            "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        .expectMatching(
            "HTTP/1.1 200 OK\r\n"
                + DATE
                + "transfer-encoding: chunked\r\n\r\n([0-9a-f]+\r\n[helo]+\r\n)+0\r\n\r\n")
        .send("GET /say/x HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3))
        .expectMatching(
            ("HTTP/1.1 200 OK\r\n"
                    + DATE
                    + "content-type: text/plain; charset=utf-8\r\ncontent-length: 1\r\n\r\nx")
                .repeat(3))
        .build();
  }
}
