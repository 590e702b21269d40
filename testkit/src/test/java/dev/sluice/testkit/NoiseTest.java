// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static dev.sluice.testkit.BrokenSessions.check;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testkit.BrokenSessions.Contract;
import dev.sluice.testkit.BrokenSessions.Lines;
import io.netty.buffer.ByteBuf;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Noise knows what a script says, and tells what has failed so that it can be done again. */
class NoiseTest {

  private static final List<byte[]> MESSAGES =
      List.of("LOGIN me\n".getBytes(ISO_8859_1), "GET 42\n".getBytes(ISO_8859_1));

  private static Set<String> inputs(List<byte[]> messages, int count) {
    Noise noise = new Noise(1, messages);
    Set<String> inputs = new HashSet<>();
    for (int input = 0; input < count; input++) {
      inputs.add(new String(noise.next(), ISO_8859_1));
    }
    return inputs;
  }

  @Test
  void numbersComeAtTheirBoundsBehindWhatIsRight() {
    assertThat(inputs(MESSAGES, 1_000))
        .contains(
            "LOGIN me\nGET 2147483648\n",
            "LOGIN me\nGET 4294967296\n",
            "LOGIN me\nGET -1\n",
            "LOGIN me\nGET 43\n",
            "LOGIN me\nGET \n",
            "GET 42\n",
            "LOGIN me\nLOGIN me\nGET 42\n");
  }

  @Test
  void lengthsComeAtTheirBounds() {
    byte[] message = "\7\0\5hello".getBytes(ISO_8859_1);
    assertThat(inputs(List.of(message), 1_000))
        .contains(
            "\7\0\4hello",
            "\7\0\6hello",
            "\7\0\0hello",
            "\7\177\377hello",
            "\7\200\0hello",
            "\7\377\377hello");
  }

  @Test
  void itIsTheSameForTheSameSeed() {
    assertThat(inputs(MESSAGES, 200)).isEqualTo(inputs(MESSAGES, 200));
  }

  /** Fails on a number that an int can't hold, and only for who has logged in. */
  @Test
  void whatFailedIsPrintedAsCode() {
    Contract contract =
        new Contract(
            BrokenSessions.protocol(
                (id, writer) ->
                    new Lines(id, writer) {
                      private boolean known;

                      @Override
                      void line(ByteBuf line) {
                        String text = line.toString(ISO_8859_1);
                        known |= text.equals("LOGIN me\n");
                        if (known && text.matches("GET [0-9]+\n")) {
                          line.setByte(
                              0, Integer.parseInt(text.substring(4).strip()) > 0 ? 'G' : 'g');
                        }
                        super.line(line);
                      }
                    }),
            ConversationScript.builder()
                .send("LOGIN me\n")
                .expect("LOGIN me\n")
                .send("GET 42\n")
                .expect("GET 42\n")
                .build());
    assertThatThrownBy(() -> check(contract, SessionContract::bearsNoise))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("NumberFormatException")
        .hasMessageContaining("to see it again:")
        .hasMessageContaining("InMemoryConnection connection = platform.connect();")
        .hasMessageContaining(".getBytes(ISO_8859_1)")
        .hasMessageContaining("connection.advance(Duration.ofHours(1));");
  }

  @Test
  void bytesAreWrittenAsJavaReadsThem() {
    assertThat(NoiseRule.literal(new byte[] {0, '1', '\n', '"', '\\', -1, 'z'}))
        .isEqualTo("\"\\0001\\n\\\"\\\\\\377z\"");
    assertThat(NoiseRule.code(List.<byte[][]>of(new byte[][] {{'a'}, {'b'}}), 4))
        .contains(
            "connection.feed(\n      \"a\".getBytes(ISO_8859_1),\n      \"b\".getBytes(ISO_8859_1));")
        .contains("connection.reset();");
  }
}
