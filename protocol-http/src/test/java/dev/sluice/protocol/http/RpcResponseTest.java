// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.api.rpc.RpcResponse;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an answer refuses, so that nothing taken from a request can split it. */
class RpcResponseTest {

  @ParameterizedTest
  @ValueSource(
      strings = {"a\r\nb: c", "a\nb", "a\rb", "\u0000", "\u007f", " a", "a ", "\ta", "\u0100"})
  void aValueWithoutControlCharacters(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RpcResponse.of(200).header("x", value))
        .withMessageStartingWith("the value of x has");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a:", "a\r\n", "\u00e4", "a\u0000"})
  void aNameThatIsAToken(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> RpcResponse.of(200).header(name, "x"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Connection",
        "transfer-encoding",
        "Keep-Alive",
        "TE",
        "upgrade",
        "Proxy-Connection"
      })
  void noFieldThatIsTheNodes(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> RpcResponse.of(200).header(name, "x"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 100, 199, 1000, -1})
  void aStatusOfAnAnswer(int status) {
    assertThatIllegalArgumentException().isThrownBy(() -> RpcResponse.of(status));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "a b\tc", "\u00e4\u00ff", "!\"$%&/()=?"})
  void anyOtherValue(String value) {
    assertThat(RpcResponse.of(200).header("x", value).fieldValue(0)).isEqualTo(value);
  }
}
