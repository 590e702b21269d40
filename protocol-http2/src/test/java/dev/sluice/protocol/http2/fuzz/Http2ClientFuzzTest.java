// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.http1.fuzz.Pieces;
import dev.sluice.protocol.http1.fuzz.ResponseWitness;
import dev.sluice.protocol.http1.fuzz.ResponseWitness.Outcome;
import dev.sluice.protocol.http2.Http2Protocol;
import dev.sluice.testkit.fuzz.FuzzTarget;
import java.util.List;

/** What a server sends: however it is cut, callers are given the same. */
class Http2ClientFuzzTest extends FuzzTarget {

  private static final List<String> METHODS = List.of("GET", "HEAD", "DELETE");

  Http2ClientFuzzTest() {
    super("http2-client");
  }

  @Override
  protected List<String> guidedBy() {
    return List.of("dev.sluice.**", "io.netty.handler.codec.http2.**");
  }

  @Override
  protected void run(byte[] input) {
    byte[] sent = Frames.ofServer(input);
    Outcome whole = ResponseWitness.of(new Http2Protocol(), METHODS, Pieces.whole(sent));
    if (Floods.isOne(whole.end())) {
      return;
    }
    // How it ends depends on the cuts: once nothing is owed the client may close at each of them.
    Outcome some = ResponseWitness.of(new Http2Protocol(), METHODS, Pieces.some(sent));
    if (!Floods.isOne(some.end())) {
      assertThat(some.events()).isEqualTo(whole.events());
    }
  }
}
