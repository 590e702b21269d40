// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.rpc.ApplicationContext;
import dev.sluice.api.rpc.RequestLimits;
import dev.sluice.api.rpc.RpcContext;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EndpointHandlerTest {

  private static final RequestLimits CHAT = RequestLimits.endless(Duration.ofHours(1));

  private static <T> T stub(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              throw new UnsupportedOperationException(method.getName());
            }));
  }

  private static final class Chat extends EndpointHandler {
    private final List<String> told = new ArrayList<>();

    Chat() {
      super("chat", "/chat");
    }

    @Override
    protected void init(ApplicationContext context) {
      told.add("init");
    }

    @Override
    protected void endpoints(Endpoints to) {
      told.add("endpoints");
      to.post("/chat", Endpoint.limited(CHAT, call -> {}));
    }
  }

  @Test
  void whatItNeedsIsReadBeforeItsEndpointsAreAdded() throws Exception {
    Chat chat = new Chat();
    chat.start(stub(ApplicationContext.class));
    assertThat(chat.told).containsExactly("init", "endpoints");
    assertThat(chat.limits("POST", "/chat")).isEqualTo(CHAT);
  }

  @Test
  void oneThatWasNotStartedSaysSo() {
    Chat chat = new Chat();
    assertThat(chat.limits("POST", "/chat")).isEqualTo(RequestLimits.OF_INTERFACE);
    assertThatThrownBy(() -> chat.handle(stub(RpcContext.class)))
        .hasMessage(Chat.class.getName() + " was not started");
  }
}
