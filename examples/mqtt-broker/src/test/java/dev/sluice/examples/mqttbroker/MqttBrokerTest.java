// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import static dev.sluice.examples.mqttbroker.Wire.ACCEPTED;
import static dev.sluice.examples.mqttbroker.Wire.DISCONNECT;
import static dev.sluice.examples.mqttbroker.Wire.PINGREQ;
import static dev.sluice.examples.mqttbroker.Wire.bytes;
import static dev.sluice.examples.mqttbroker.Wire.connect;
import static dev.sluice.examples.mqttbroker.Wire.connect5;
import static dev.sluice.examples.mqttbroker.Wire.connectWithWill;
import static dev.sluice.examples.mqttbroker.Wire.join;
import static dev.sluice.examples.mqttbroker.Wire.packet;
import static dev.sluice.examples.mqttbroker.Wire.pubAck;
import static dev.sluice.examples.mqttbroker.Wire.publish;
import static dev.sluice.examples.mqttbroker.Wire.publish5;
import static dev.sluice.examples.mqttbroker.Wire.retained;
import static dev.sluice.examples.mqttbroker.Wire.subAck;
import static dev.sluice.examples.mqttbroker.Wire.subscribe;
import static dev.sluice.examples.mqttbroker.Wire.subscribe5;
import static dev.sluice.examples.mqttbroker.Wire.text;
import static dev.sluice.examples.mqttbroker.Wire.unsubscribe;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ByteSize;
import dev.sluice.api.CloseReason;
import dev.sluice.examples.mqttbroker.MqttSettings.SlowSubscribers;
import dev.sluice.testkit.InMemoryConnection;
import dev.sluice.testkit.InMemoryPlatform;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What clients of both versions are answered, and what they are held to. */
class MqttBrokerTest {

  private final MqttBroker protocol = new MqttBroker();
  private final InMemoryPlatform platform =
      new InMemoryPlatform(protocol).settings(settings(SlowSubscribers.CLOSE));
  private final List<InMemoryConnection> all = new ArrayList<>();
  private final Map<InMemoryConnection, Integer> heard = new HashMap<>();

  private static MqttSettings settings(SlowSubscribers slow) {
    return new MqttSettings(
        "test",
        new ByteSize(2_000),
        10,
        3,
        2,
        new ByteSize(1_000),
        2,
        new ByteSize(1_000),
        slow,
        Duration.ofSeconds(100));
  }

  @AfterEach
  void close() {
    for (InMemoryConnection connection : all) {
      assertThat(connection.violations()).isEmpty();
      connection.reset();
    }
    assertThat(protocol.broker("test").isEmpty()).isTrue();
    platform.close();
  }

  private InMemoryConnection open(byte[] connect) {
    InMemoryConnection connection = platform.connect();
    all.add(connection);
    connection.feed(connect);
    return connection;
  }

  private InMemoryConnection client(String id) {
    InMemoryConnection client = open(connect(id));
    hears(client, ACCEPTED);
    return client;
  }

  private InMemoryConnection client5(String id, int... properties) {
    InMemoryConnection client = open(connect5(id, properties));
    byte[] answer = news(client);
    assertThat(Arrays.copyOfRange(answer, 2, 4)).isEqualTo(bytes(0, 0));
    return client;
  }

  /** What has come since this was asked last. */
  private byte[] news(InMemoryConnection client) {
    byte[] received = client.received();
    byte[] news = Arrays.copyOfRange(received, heard.getOrDefault(client, 0), received.length);
    heard.put(client, received.length);
    return news;
  }

  private void hears(InMemoryConnection client, byte[]... packets) {
    assertThat(news(client)).isEqualTo(join(packets));
  }

  private void ends(InMemoryConnection client, CloseReason reason, byte[]... packets) {
    hears(client, packets);
    assertThat(client.closed()).contains(reason);
  }

  @Test
  void wildcards() {
    assertThat(Topics.matches("a/+/c", "a/b/c")).isTrue();
    assertThat(Topics.matches("a/+/c", "a/b/d")).isFalse();
    assertThat(Topics.matches("a/#", "a")).isTrue();
    assertThat(Topics.matches("#", "a/b")).isTrue();
    assertThat(Topics.matches("#", "$SYS/a")).isFalse();
    assertThat(Topics.matches("+/a", "$SYS/a")).isFalse();
    assertThat(Topics.matches("$SYS/#", "$SYS/a")).isTrue();
    assertThat(Topics.matches("+", "/a")).isFalse();
    assertThat(Topics.matches("/+", "/a")).isTrue();
    for (String wrong : List.of("", "a#", "#/a", "a+/b", "a/#/b", "\0", "/".repeat(40))) {
      assertThat(Topics.validFilter(wrong)).as(wrong).isFalse();
    }
    for (String right : List.of("#", "+", "a/#", "+/+/b", "/", "a//b")) {
      assertThat(Topics.validFilter(right)).as(right).isTrue();
    }
  }

  @Test
  void aMessageReachesWhoeverWantsItOnceAndNobodyElse() {
    InMemoryConnection two = client("two");
    two.feed(subscribe(1, "a/#", 0));
    two.feed(subscribe(2, "a/+", 1));
    hears(two, subAck(1, 0), subAck(2, 1));
    InMemoryConnection hidden = client("hidden");
    hidden.feed(subscribe(1, "#", 0));
    hears(hidden, subAck(1, 0));
    InMemoryConnection sender = client("sender");
    sender.feed(publish(1, 9, "a/b", "x"));
    sender.feed(publish(1, 9, "$own", "x"));
    hears(sender, pubAck(9), pubAck(9));
    hears(two, publish(1, 1, "a/b", "x"));
    hears(hidden, publish("a/b", "x"));
    two.feed(unsubscribe(3, "a/+"));
    hears(two, bytes(0xb0, 2, 0, 3));
    sender.feed(publish("a/b", "y"));
    hears(two, publish("a/b", "y"));
  }

  @Test
  void whatIsRetainedMeetsWhoComesLater() {
    InMemoryConnection sender = client("sender");
    sender.feed(retained("a", "1"), retained("a", "2"), retained("b/c", "3"));
    // There is room for two.
    sender.feed(retained("d", "4"));
    assertThat(sender.counters()).containsEntry("not_retained", 1L);
    InMemoryConnection later = client("later");
    later.feed(subscribe(1, "+/c", 0));
    hears(later, subAck(1, 0), retained("b/c", "3"));
    later.feed(subscribe(1, "a", 0));
    hears(later, subAck(1, 0), retained("a", "2"));
    sender.feed(retained("a", ""));
    hears(later, publish("a", ""));
    later.feed(subscribe(1, "#", 0));
    hears(later, subAck(1, 0), retained("b/c", "3"));
  }

  @Test
  void qos2IsTakenOnceHoweverOftenItComes() {
    InMemoryConnection client = client("c");
    client.feed(subscribe(1, "a", 2));
    client.feed(publish(2, 5, "a", "x"));
    hears(client, subAck(1, 1), bytes(0x50, 2, 0, 5), publish(1, 1, "a", "x"));
    client.feed(publish(2, 5, "a", "x"));
    hears(client, bytes(0x50, 2, 0, 5));
    client.feed(publish(2, 6, "b", "x"), publish(2, 7, "b", "x"));
    ends(client, CloseReason.PROTOCOL_ERROR, bytes(0x50, 2, 0, 6));
  }

  @Test
  void noMoreIsInFlightThanTheClientTakes() {
    InMemoryConnection slow = client5("slow", 0x21, 0, 1);
    slow.feed(subscribe5(1, "a", 1));
    hears(slow, bytes(0x90, 4, 0, 1, 0, 1));
    InMemoryConnection sender = client("sender");
    sender.feed(publish(1, 1, "a", "1"), publish(1, 2, "a", "2"), publish(1, 3, "a", "3"));
    byte[] first = packet(0x32, text("a"), bytes(0, 1, 0, '1'));
    hears(slow, first);
    slow.feed(pubAck(1));
    hears(slow, packet(0x32, text("a"), bytes(0, 2, 0, '2')));
    slow.feed(pubAck(2));
    hears(slow, packet(0x32, text("a"), bytes(0, 3, 0, '3')));
  }

  @Test
  void whoDoesNotReadIsEnded() {
    platform.outputMarks(100, 1 << 20);
    InMemoryConnection slow = client("slow");
    slow.feed(subscribe(1, "a", 0));
    slow.stopReading();
    InMemoryConnection sender = client("sender");
    for (int i = 0; i < 100; i++) {
      sender.feed(publish("a", "x".repeat(50)));
    }
    assertThat(slow.closed()).contains(CloseReason.SLOW_CONSUMER);
    assertThat(sender.closed()).isEmpty();
  }

  @Test
  void whoDoesNotReadMissesMessagesWhereTheSettingSaysSo() {
    platform.settings(settings(SlowSubscribers.SKIP)).outputMarks(100, 1 << 20);
    InMemoryConnection slow = client("slow");
    slow.feed(subscribe(1, "a", 0));
    slow.stopReading();
    InMemoryConnection sender = client("sender");
    for (int i = 0; i < 100; i++) {
      sender.feed(publish("a", "x".repeat(50)));
    }
    slow.readOn();
    sender.feed(publish("a", "last"));
    assertThat(slow.closed()).isEmpty();
    assertThat(slow.counters()).containsKey("message_skipped");
    assertThat(news(slow)).endsWith(publish("a", "last"));
  }

  @Test
  void aWillIsSaidUnlessTheClientSaysGoodbye() {
    InMemoryConnection hears = client("hears");
    hears.feed(subscribe(1, "will", 0));
    hears(hears, subAck(1, 0));
    open(connectWithWill("polite", "will", "a")).feed(DISCONNECT);
    hears(hears);
    open(connectWithWill("broken", "will", "b")).reset();
    hears(hears, publish("will", "b"));
    open(connectWithWill("wrong", "will", "c")).feed(bytes(0xf0, 0));
    hears(hears, publish("will", "c"));
  }

  @Test
  void theSecondOfANameTakesTheFirstsPlace() {
    InMemoryConnection first = client5("same");
    first.feed(subscribe5(1, "a", 0));
    news(first);
    InMemoryConnection second = client("same");
    ends(first, CloseReason.of("session_taken_over"), bytes(0xe0, 2, 0x8e, 0));
    second.feed(subscribe(1, "a", 0), publish("a", "x"));
    hears(second, subAck(1, 0), publish("a", "x"));
  }

  @Test
  void whoIsSilentForOneAndAHalfTimesItsKeepAliveIsEnded() {
    platform.idleTimeout(Duration.ofSeconds(5));
    InMemoryConnection silent = open(connect(4, "silent", 2, 20, new byte[0]));
    InMemoryConnection alive = open(connect(5, "alive", 2, 20, new byte[0], new int[0]));
    news(alive);
    for (int i = 0; i < 5; i++) {
      platform.advance(Duration.ofSeconds(6));
      assertThat(silent.closed()).as("after %d s", 6 * i + 6).isEmpty();
      alive.feed(PINGREQ);
    }
    platform.advance(Duration.ofSeconds(6));
    assertThat(silent.closed()).contains(CloseReason.of("keep_alive_timeout"));
    news(alive);
    assertThat(alive.closed()).isEmpty();
    platform.advance(Duration.ofSeconds(36));
    ends(alive, CloseReason.of("keep_alive_timeout"), bytes(0xe0, 2, 0x8d, 0));
  }

  @Test
  void nobodyIsSilentForLongerThanTheOperatorAllows() {
    InMemoryConnection asks = open(connect(5, "asks", 2, 0, new byte[0], new int[0]));
    // Server keep alive: 100 seconds.
    assertThat(news(asks)).containsSequence(bytes(0x13, 0, 100));
    platform.advance(Duration.ofSeconds(170));
    assertThat(asks.closed()).contains(CloseReason.of("keep_alive_timeout"));
  }

  @Test
  void whoNeverConnectsIsEnded() {
    InMemoryConnection client = open(bytes(0x10));
    platform.advance(Duration.ofSeconds(11));
    ends(client, CloseReason.of("connect_timeout"));
  }

  @Test
  void whoIsRefusedHearsWhyInItsVersion() {
    CloseReason refused = CloseReason.of("connect_refused");
    ends(open(connect("longer than ten")), refused, bytes(0x20, 2, 0, 2));
    ends(open(connect(4, "", 0, 0, new byte[0])), refused, bytes(0x20, 2, 0, 2));
    ends(open(connect(4, "kept", 0, 0, new byte[0])), refused, bytes(0x20, 2, 0, 3));
    ends(open(connect5("longer than ten")), refused, bytes(0x20, 3, 0, 0x85, 0));
    ends(open(connect5("c", 0x15, 0, 1, 'x')), refused, bytes(0x20, 3, 0, 0x8c, 0));
    ends(
        open(packet(0x10, text("MQIsdp"), bytes(3, 2, 0, 0), text("old"))),
        refused,
        bytes(0x20, 2, 0, 1));
    ends(open(PINGREQ), CloseReason.PROTOCOL_ERROR);
  }

  @Test
  void aClientOfVersion5HearsWhatItCanHave() {
    InMemoryConnection client = open(connect(5, "", 2, 50, new byte[0], 0x11, 0, 0, 1, 0));
    byte[] answer = news(client);
    // Session expiry 0, receive maximum 2, packets of 2,000 bytes, a name; retained messages and
    // wildcards, and neither identifiers of subscriptions nor shared ones.
    assertThat(answer)
        .containsSequence(bytes(0x25, 1))
        .containsSequence(bytes(0x28, 1))
        .containsSequence(bytes(0x29, 0))
        .containsSequence(bytes(0x2a, 0))
        .containsSequence(bytes(0x11, 0, 0, 0, 0))
        .containsSequence(bytes(0x21, 0, 2))
        .containsSequence(bytes(0x27, 0, 0, 7, 0xd0))
        .containsSequence(join(bytes(0x12), text("sluice-" + client.context().id().value())));
  }

  @Test
  void whatBreaksABoundIsAnsweredInTheProtocolsWay() {
    InMemoryConnection client = client5("c");
    client.feed(subscribe5(1, "a", 2), subscribe5(2, "b#", 0), subscribe5(3, "$share/g/a", 0));
    hears(
        client,
        bytes(0x90, 4, 0, 1, 0, 1),
        bytes(0x90, 4, 0, 2, 0, 0x8f),
        bytes(0x90, 4, 0, 3, 0, 0x9e));
    client.feed(subscribe5(4, "b", 0), subscribe5(5, "c", 0), subscribe5(6, "d", 0));
    assertThat(news(client)).endsWith(bytes(0x90, 4, 0, 6, 0, 0x97));
    client.feed(publish5("x", "y", 0x23, 0, 1));
    ends(client, CloseReason.PROTOCOL_ERROR, bytes(0xe0, 2, 0x94, 0));

    InMemoryConnection large = client5("large");
    large.feed(packet(0x30, new byte[3_000]));
    ends(large, CloseReason.PROTOCOL_ERROR, bytes(0xe0, 2, 0x95, 0));
    InMemoryConnection malformed = client5("bad");
    malformed.feed(bytes(0x36, 0));
    assertThat(malformed.closed()).contains(CloseReason.PROTOCOL_ERROR);
    InMemoryConnection old = client("old");
    old.feed(subscribe(1, "a#", 0));
    hears(old, subAck(1, 0x80));
  }

  @Test
  void propertiesAreForTheReceiverToo() {
    InMemoryConnection receiver = client5("r");
    receiver.feed(subscribe5(1, "a", 0));
    news(receiver);
    client5("s").feed(publish5("a", "x", 2, 0, 0, 0, 60, 3, 0, 1, 't'));
    hears(receiver, publish5("a", "x", 2, 0, 0, 0, 60, 3, 0, 1, 't'));
    InMemoryConnection tiny = client5("tiny", 0x27, 0, 0, 0, 20);
    tiny.feed(subscribe5(1, "a", 0));
    news(tiny);
    client5("t").feed(publish5("a", "longer than twenty bytes"));
    hears(tiny);
    assertThat(tiny.counters()).containsEntry("message_too_large", 1L);
  }

  @Test
  void whoSaysItDoesNotHearItselfWhereItWantsThat() {
    InMemoryConnection client = client5("c");
    client.feed(subscribe5(1, "a", 4));
    news(client);
    client.feed(publish5("a", "x"));
    hears(client);
  }
}
