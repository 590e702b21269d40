// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.http1.fuzz.Pieces;
import dev.sluice.protocol.http1.fuzz.RequestWitness;
import dev.sluice.protocol.http1.fuzz.RequestWitness.Outcome;
import dev.sluice.protocol.http2.Http2Protocol;
import dev.sluice.testkit.fuzz.FuzzTarget;
import java.util.List;

/** What a client sends: however it is cut, applications are asked the same. */
class Http2ServerFuzzTest extends FuzzTarget {

  Http2ServerFuzzTest() {
    super("http2-server");
  }

  @Override
  protected List<String> guidedBy() {
    return List.of("dev.sluice.**", "io.netty.handler.codec.http2.**");
  }

  @Override
  protected void run(byte[] input) {
    byte[] sent = Frames.ofClient(input);
    // A stream that is answered is closed by the next flush, and what is said of a further frame
    // for
    // it depends on the cuts: so answers are late, and of a refusal it counts only that it is one.
    RequestWitness.of(new Http2Protocol(), Pieces.some(sent));
    Outcome whole = RequestWitness.late(new Http2Protocol(), Pieces.whole(sent));
    if (Floods.isOne(whole.end())) {
      return;
    }
    Outcome some = RequestWitness.late(new Http2Protocol(), Pieces.some(sent));
    if (!Floods.isOne(some.end())) {
      if (reason(some).equals(reason(whole))) {
        assertThat(some.events()).isEqualTo(whole.events());
      } else {
        // A refused stream closes as late, and a further frame for it may end the connection.
        List<String> one = asked(some);
        List<String> other = asked(whole);
        int least = Math.min(one.size(), other.size());
        assertThat(one.subList(0, least)).isEqualTo(other.subList(0, least));
      }
    }
  }

  private static List<String> asked(Outcome outcome) {
    return outcome.events().stream().filter(event -> !event.startsWith("cancelled")).toList();
  }

  private static String reason(Outcome outcome) {
    return outcome.end().substring(0, outcome.end().indexOf(' '));
  }
}
