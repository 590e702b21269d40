// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.dnsresponder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Transport;
import dev.sluice.examples.dnsresponder.Queries.Answer;
import dev.sluice.testkit.InMemoryConnection;
import dev.sluice.testkit.InMemoryPlatform;
import io.netty.handler.codec.dns.DnsRecordType;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is answered to whom. */
class DnsResponderTest {

  private final InMemoryPlatform platform =
      new InMemoryPlatform(new DnsResponder()).settings(Queries.SETTINGS).transport(Transport.UDP);

  @AfterEach
  void close() {
    platform.close();
  }

  private Answer ask(String name, DnsRecordType type) throws Exception {
    return Answer.of(send(Queries.query(77, name, type)));
  }

  /** Each query from a peer of its own, as resolvers do. */
  private byte[] send(byte[] query) {
    InMemoryConnection peer = platform.connect();
    peer.feed(query);
    assertThat(peer.closed()).contains(CloseReason.SESSION_CLOSED);
    assertThat(peer.violations()).isEmpty();
    return peer.received();
  }

  @Test
  void recordsOfEachTypeAreAnswered() throws Exception {
    Answer addresses = ask("www.example.test", DnsRecordType.A);
    assertThat(addresses.id()).isEqualTo(77);
    assertThat(addresses.response()).isTrue();
    assertThat(addresses.code()).isZero();
    assertThat(addresses.records())
        .containsExactly("www.example.test. 30 A c0000201", "www.example.test. 30 A c0000202");
    assertThat(ask("WWW.Example.TEST.", DnsRecordType.AAAA).records())
        .singleElement()
        .asString()
        .endsWith(" AAAA 20010db8000000000000000000000001");
    assertThat(ask("www.example.test", DnsRecordType.TXT).records())
        .containsExactly("www.example.test. 30 TXT 0568656c6c6f");
  }

  @Test
  void whatIsNotServedIsRefusedAndWhatHasNoSuchRecordIsEmpty() throws Exception {
    assertThat(ask("other.test", DnsRecordType.A).code()).isEqualTo(5);
    Answer none = ask("long.example.test", DnsRecordType.A);
    assertThat(none.code()).isZero();
    assertThat(none.records()).isEmpty();
    assertThat(ask("www.example.test", DnsRecordType.MX).records()).isEmpty();
  }

  @Test
  void anAnswerThatIsTooLongSaysSo() throws Exception {
    Answer answer = ask("long.example.test", DnsRecordType.TXT);
    assertThat(answer.truncated()).isTrue();
    assertThat(answer.records()).isEmpty();
  }

  @Test
  void otherMessagesAreRefusedOrNotAnsweredAtAll() throws Exception {
    byte[] query = Queries.query(1, "www.example.test", DnsRecordType.A);
    byte[] answer = query.clone();
    answer[2] |= (byte) 0x80;
    assertThat(send(answer)).isEmpty();
    assertThat(send(new byte[11])).isEmpty();
    assertThat(send(new byte[0])).isEmpty();
    byte[] update = query.clone();
    update[2] |= 0x28;
    assertThat(Answer.of(send(update)).code()).isEqualTo(4);
    byte[] two = query.clone();
    two[5] = 2;
    assertThat(Answer.of(send(two)).code()).isEqualTo(1);
    byte[] cut = Arrays.copyOf(query, query.length - 3);
    assertThat(Answer.of(send(cut)).code()).isEqualTo(1);
  }

  @Test
  void wrongAddressesAreFoundInTheSettings() {
    assertThatThrownBy(
            () ->
                new DnsSettings(
                    Map.of("x.test", new DnsName(List.of("::1"), List.of(), List.of())),
                    Duration.ofSeconds(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("x.test: '::1' is no address of IPv4");
  }
}
