// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ProtocolDetector;
import dev.sluice.api.ProtocolDetector.Detection;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/1.1 is known by a method and the space behind it, and by nothing less. */
class DetectorTest {

  private final ProtocolDetector detector = new Http1Protocol().detector().orElseThrow();

  private Detection detect(String head) {
    return detector.detect(Unpooled.copiedBuffer(head, US_ASCII));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"})
  void aMethodIsRecognisedWithItsSpace(String method) {
    assertThat(detect(method + " / HTTP/1.1\r\n")).isEqualTo(Detection.RECOGNISED);
    assertThat(method.length()).isLessThan(detector.maxBytes());
    for (int i = 1; i <= method.length(); i++) {
      assertThat(detect(method.substring(0, i))).isEqualTo(Detection.NEED_MORE);
    }
    assertThat(detect(method + "\t")).isEqualTo(Detection.NOT_RECOGNISED);
    assertThat(detect(method + "S ")).isEqualTo(Detection.NOT_RECOGNISED);
  }

  /** The second is the preface of HTTP/2, whose first byte may be that of a method. */
  @ParameterizedTest
  @ValueSource(
      strings = {"get / HTTP/1.1", "PRI * HTTP/2.0", "\r\nGET /", " GET /", "\u0016\u0003"})
  void anythingElseIsNot(String head) {
    assertThat(detect(head)).isEqualTo(Detection.NOT_RECOGNISED);
  }
}
