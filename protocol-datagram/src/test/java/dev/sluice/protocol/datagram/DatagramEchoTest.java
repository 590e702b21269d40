// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.datagram;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Transport;
import dev.sluice.testkit.InMemoryConnection;
import dev.sluice.testkit.InMemoryPlatform;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the datagram echo does; the node's side of it is shown where the node is. */
class DatagramEchoTest {

  private final InMemoryPlatform platform = new InMemoryPlatform(new DatagramEcho());

  @AfterEach
  void close() {
    platform.close();
  }

  @Test
  void isFoundByItsNameAndServesDatagramsOnly() {
    assertThat(ServiceLoader.load(CustomProtocolSubsystem.class))
        .singleElement()
        .satisfies(
            found -> {
              assertThat(found.name()).isEqualTo("ECHO");
              assertThat(found.transports()).containsExactly(Transport.UDP);
            });
  }

  @Test
  void everyDatagramComesBack() {
    InMemoryConnection peer = platform.connect();
    for (int size : new int[] {0, 1, 512, 1200, 65_507}) {
      byte[] sent = new byte[size];
      new Random(size).nextBytes(sent);
      int before = peer.received().length;
      peer.feed(sent);
      byte[] all = peer.received();
      assertThat(Arrays.copyOfRange(all, before, all.length)).isEqualTo(sent);
    }
    assertThat(peer.violations()).isEmpty();
  }

  @Test
  void whatComesFromOutsideIsSentAsItIs() {
    InMemoryConnection peer = platform.connect();
    peer.feed("hello");
    assertThat(peer.receivedText()).isEqualTo("hello");
    assertThat(peer.sendData(new byte[] {1, 2, 3})).isTrue();
    assertThat(peer.received()).endsWith(1, 2, 3);
  }

  @Test
  void endsAtOnceWhenAskedTo() {
    InMemoryConnection peer = platform.connect();
    peer.feed("hello");
    peer.drain(Duration.ofSeconds(5));
    assertThat(peer.closed()).contains(CloseReason.SESSION_CLOSED);
  }
}
