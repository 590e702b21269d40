// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.dnsresponder;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.nodetest.SluiceNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The responder asked by {@code dig} over TCP. */
@Timeout(60)
class DigTest {

  @Test
  void answersThatAreTooLongForADatagramAreWholeOverTcp() throws Exception {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "dig"))),
        "dig is not installed");
    try (SluiceNode node = SluiceNode.with(new DnsResponder()).settings(Queries.YAML).start()) {
      int port = node.plainAddress().getPort();
      assertThat(dig(port, "+short", "www.example.test", "A")).isEqualTo("192.0.2.1\n192.0.2.2\n");
      assertThat(dig(port, "long.example.test", "TXT"))
          .contains("status: NOERROR", "x".repeat(255))
          .doesNotContain(" tc");
      // Several questions on one connection.
      assertThat(
              dig(
                  port,
                  "+keepopen",
                  "+short",
                  "www.example.test",
                  "AAAA",
                  "www.example.test",
                  "TXT"))
          .isEqualTo("2001:db8::1\n\"hello\"\n");
      assertThat(dig(port, "other.test")).contains("status: REFUSED");
    }
  }

  private static String dig(int port, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "dig", "@127.0.0.1", "-p", "" + port, "+tcp", "+noedns", "+tries=1", "+time=10"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }
}
