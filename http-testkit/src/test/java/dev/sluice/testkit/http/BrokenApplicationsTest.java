// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.Execution;
import dev.sluice.api.rpc.ApplicationContext;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.client.HttpClientRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An application that breaks its contract fails its test, by a line that says how. */
class BrokenApplicationsTest {

  private record Application(Execution execution, Consumer<RpcContext> answers)
      implements RpcHandler {
    @Override
    public String name() {
      return "broken";
    }

    @Override
    public List<String> prefixes() {
      return List.of("/");
    }

    @Override
    public void handle(RpcContext request) {
      answers.accept(request);
    }
  }

  /** What a node's end says of an application that was asked once. */
  private static String broken(HttpVersion version, Consumer<RpcContext> application) {
    InMemoryHttpNode node =
        new InMemoryHttpNode(new Application(Execution.WORKERS, application), version);
    node.connect().post("/x", "a body");
    try {
      node.close();
    } catch (AssertionError broken) {
      return broken.getMessage();
    }
    return "";
  }

  @ParameterizedTest
  @EnumSource
  void itThrows(HttpVersion version) {
    assertThat(
            broken(
                version,
                request -> {
                  throw new IllegalStateException("on purpose");
                }))
        .contains("the application threw java.lang.IllegalStateException: on purpose");
  }

  @ParameterizedTest
  @EnumSource
  void itThrowsLater(HttpVersion version) {
    assertThat(
            broken(
                version,
                request ->
                    request.receiveWhole(
                        body -> {
                          throw new IllegalStateException("later");
                        })))
        .contains("the application threw java.lang.IllegalStateException: later");
  }

  @ParameterizedTest
  @EnumSource
  void whatIsExpectedIsNoFailure(HttpVersion version) {
    Application throwing =
        new Application(
            Execution.WORKERS,
            request -> {
              throw new IllegalStateException("on purpose");
            });
    try (InMemoryHttpNode node = new InMemoryHttpNode(throwing, version).failuresExpected()) {
      assertThat(node.connect().get("/x").status()).isEqualTo(500);
      assertThat(node.thrown()).hasSize(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void itNeverAnswers(HttpVersion version) {
    assertThat(broken(version, request -> {}))
        .contains("POST /x (" + version + ") was not answered");
  }

  @ParameterizedTest
  @EnumSource
  void itDoesNotFinish(HttpVersion version) {
    assertThat(broken(version, request -> request.respondStreaming(RpcResponse.of(200))))
        .contains("POST /x (" + version + ")'s answer was not finished");
  }

  @ParameterizedTest
  @EnumSource
  void itReleasesWhatItHasBorrowed(HttpVersion version) {
    assertThat(
            broken(
                version,
                request ->
                    request.receiveWhole(
                        body -> {
                          body.release();
                          request.respond(RpcResponse.of(200));
                        })))
        .contains("the application released a buffer that it had borrowed");
  }

  @ParameterizedTest
  @EnumSource
  void itKeepsABuffer(HttpVersion version) {
    List<ByteBuf> kept = new ArrayList<>();
    assertThat(
            broken(
                version,
                request ->
                    request.receiveWhole(
                        body -> {
                          kept.add(body.retain());
                          request.respond(RpcResponse.of(200));
                        })))
        .contains("retained at", "BrokenApplicationsTest");
    kept.forEach(ByteBuf::release);
  }

  @ParameterizedTest
  @EnumSource
  void itReadsWhatItDoesNotOwnAnyMore(HttpVersion version) {
    List<ByteBuf> kept = new ArrayList<>();
    Application late =
        new Application(
            Execution.WORKERS,
            request ->
                request.receiveWhole(
                    body -> {
                      kept.add(body);
                      request.respond(RpcResponse.of(200));
                    }));
    try (InMemoryHttpNode node = new InMemoryHttpNode(late, version)) {
      node.connect().post("/x", "a body");
      assertThatThrownBy(() -> kept.get(0).readByte()).isInstanceOf(IllegalStateException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void itWritesOnWhileItShouldHoldBack(HttpVersion version) {
    Application hasty =
        new Application(
            Execution.WORKERS,
            request -> {
              ResponseBody body = request.respondStreaming(RpcResponse.of(200));
              for (int part = 0; part < 1_000; part++) {
                body.write(Unpooled.wrappedBuffer("x".repeat(1_000).getBytes(UTF_8)));
              }
              body.finish();
            });
    InMemoryHttpNode node = new InMemoryHttpNode(hasty, version);
    InMemoryHttpClient client = node.connect();
    client.stopReading();
    client.get("/x");
    client.readOn();
    assertThatThrownBy(node::close)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("bytes and more while the body was not writable");
  }

  @Test
  void itDoesNotStart() {
    Starting application = new Starting();
    InMemoryHttpNode node = new InMemoryHttpNode(application, HttpVersion.HTTP_1_1);
    for (int time = 0; time < 2; time++) {
      assertThatThrownBy(node::connect)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the application did not start");
    }
    assertThatThrownBy(node::close)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("the application's stop threw")
        .hasMessageContaining("stop failed");
  }

  /** Neither starts nor stops. */
  private static final class Starting implements RpcHandler {
    @Override
    public String name() {
      return "starting";
    }

    @Override
    public List<String> prefixes() {
      return List.of("/");
    }

    @Override
    public void handle(RpcContext request) {}

    @Override
    public void start(ApplicationContext context) {
      throw new IllegalArgumentException("start failed");
    }

    @Override
    public void stop() {
      throw new IllegalStateException("stop failed");
    }
  }

  @Test
  void itBlocksItsEventLoop() {
    ApplicationContract contract =
        contract(
            new Application(
                Execution.EVENT_LOOP,
                request -> {
                  try {
                    Thread.sleep(10_000); // the fault itself
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }));
    assertThatThrownBy(contract::answersTheScript)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("the session blocks its event loop")
        .hasMessageContaining("BrokenApplicationsTest");
  }

  @Test
  void itAnswersByWhatTheNetworkHasCut() {
    ApplicationContract contract =
        contract(
            new Application(
                Execution.EVENT_LOOP,
                request ->
                    request.receive(
                        new dev.sluice.api.rpc.BodyReceiver() {
                          private int parts;

                          @Override
                          public void part(ByteBuf data) {
                            parts++;
                          }

                          @Override
                          public void end() {
                            request.respond(RpcResponse.text(parts + " part"));
                          }
                        })));
    contract.answersTheScript();
    assertThatThrownBy(contract::answersTheSameInPieces)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("a byte at a time (HTTP/1.1): POST /x: the body differs from")
        .hasMessageContaining("expected \"1 part\"");
  }

  private static ApplicationContract contract(RpcHandler application) {
    return new ApplicationContract() {
      @Override
      protected RpcHandler application() {
        return application;
      }

      @Override
      protected RequestScript script() {
        return RequestScript.builder()
            .send(() -> HttpClientRequest.post("/x", "a body"))
            .expect(200, "1 part")
            .build();
      }
    };
  }
}
