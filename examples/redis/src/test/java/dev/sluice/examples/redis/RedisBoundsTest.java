// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ByteSize;
import dev.sluice.api.CloseReason;
import dev.sluice.examples.redis.RedisSettings.SlowSubscribers;
import dev.sluice.testkit.InMemoryConnection;
import dev.sluice.testkit.InMemoryPlatform;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every bound of the settings holds, and says so. */
class RedisBoundsTest {

  private InMemoryPlatform platform;

  private static RedisSettings settings(SlowSubscribers slow) {
    return new RedisSettings(
        "test",
        new ByteSize(2_000),
        new ByteSize(100),
        8,
        new ByteSize(400),
        new ByteSize(300),
        2,
        new ByteSize(500),
        slow);
  }

  private InMemoryConnection connect(SlowSubscribers slow) {
    if (platform == null) {
      platform = new InMemoryPlatform(new Redis()).settings(settings(slow));
    }
    return platform.connect();
  }

  private InMemoryConnection connect() {
    return connect(SlowSubscribers.CLOSE);
  }

  @AfterEach
  void close() {
    platform.close();
  }

  private void endsWith(String input, String answer) {
    for (int split = 0; split < input.length(); split++) {
      InMemoryConnection client = connect();
      client.feed(input.substring(0, split));
      client.feed(input.substring(split));
      client.feed("PING\r\n");
      assertThat(client.receivedText()).as(input).isEqualTo(answer + "\r\n");
      assertThat(client.closed()).as(input).contains(CloseReason.PROTOCOL_ERROR);
      assertThat(client.violations()).isEmpty();
    }
  }

  @Test
  void whatIsNoCommandEndsTheConnectionWithAnError() {
    endsWith("*2\r\n$4\r\nECHO\r\n$101\r\n", "-ERR Protocol error: invalid bulk length");
    endsWith("*2\r\n$4\r\nECHO\r\n$-1\r\n", "-ERR Protocol error: invalid bulk length");
    endsWith("*2\r\n$x\r\n", "-ERR Protocol error: invalid bulk length");
    endsWith("*9\r\n", "-ERR Protocol error: invalid multibulk length");
    endsWith("*99999999999999\r\n", "-ERR Protocol error: invalid multibulk length");
    endsWith("*\r\n", "-ERR Protocol error: invalid multibulk length");
    endsWith("*1\r\n:1\r\n", "-ERR Protocol error: expected '$', got ':'");
    endsWith("*1\r\n$4\r\nPINGxx", "-ERR Protocol error: no end of a bulk string");
    endsWith("ECHO \"a\r\n", "-ERR Protocol error: unbalanced quotes in request");
  }

  @Test
  void aCommandIsTooLongAsAWhole() {
    InMemoryConnection client = connect();
    client.feed("*6\r\n$4\r\nMGET\r\n" + ("$100\r\n" + "x".repeat(100) + "\r\n").repeat(3));
    assertThat(client.receivedText()).isEmpty();
    client.feed("$100\r\n");
    assertThat(client.receivedText()).isEqualTo("-ERR Protocol error: too long a command\r\n");
  }

  @Test
  void anEndlessLineEndsTheConnection() {
    InMemoryConnection client = connect();
    client.feed("x".repeat(65_537));
    assertThat(client.receivedText()).isEqualTo("-ERR Protocol error: too big inline request\r\n");
    assertThat(client.closed()).contains(CloseReason.PROTOCOL_ERROR);
  }

  @Test
  void linesWithoutWordsAndEmptyArraysAreNothing() {
    InMemoryConnection client = connect();
    client.feed("\r\n\n  \r\n*0\r\n*-1\r\nPING\r\n");
    assertThat(client.receivedText()).isEqualTo("+PONG\r\n");
  }

  @Test
  void aFullStoreRefusesWritesAndServesAllElse() {
    InMemoryConnection client = connect();
    int sets = 0;
    String oom = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
    while (!client.receivedText().endsWith(oom)) {
      assertThat(sets).isLessThan(20);
      client.feed("SET key" + sets++ + " " + "x".repeat(90) + "\r\n");
    }
    assertThat(sets).isGreaterThan(3);
    client.feed("APPEND key0 123456789\r\nHSET h f " + "x".repeat(90) + "\r\nMSET a 1 b 2\r\n");
    client.feed("GET key0\r\nDEL key0\r\nSET key0 x\r\n");
    assertThat(client.receivedText())
        .endsWith(
            ":99\r\n" + oom + oom + "$99\r\n" + "x".repeat(90) + "123456789\r\n:1\r\n+OK\r\n");
  }

  @Test
  void aStringGrowsNoLongerThanAnArgument() {
    InMemoryConnection client = connect();
    client.feed("SET a " + "x".repeat(90) + "\r\nAPPEND a 12345678901\r\n");
    assertThat(client.receivedText()).contains("-ERR string exceeds maximum allowed size");
  }

  @Test
  void anAnswerIsNoLongerThanItMayBe() {
    InMemoryConnection client = connect();
    client.feed("SET a " + "x".repeat(100) + "\r\nMGET a a a\r\nMGET a a a a\r\n");
    assertThat(client.receivedText())
        .contains("*3\r\n")
        .endsWith("-ERR the reply would be longer than max_reply\r\n");
  }

  @Test
  void aClientHasSoManySubscriptions() {
    InMemoryConnection client = connect();
    client.feed("HELLO 3\r\nSUBSCRIBE a b a c\r\n");
    assertThat(client.receivedText())
        .endsWith("$1\r\na\r\n:2\r\n-ERR too many subscriptions (max_subscriptions)\r\n");
  }

  @Test
  void aSubscriberThatDoesNotReadIsEnded() {
    connect();
    platform.outputMarks(100, 1 << 20);
    InMemoryConnection slow = connect();
    slow.feed("SUBSCRIBE c\r\n");
    slow.stopReading();
    InMemoryConnection other = connect();
    for (int i = 0; i < 20; i++) {
      other.feed("PUBLISH c " + "x".repeat(50) + "\r\n");
    }
    assertThat(slow.closed()).contains(CloseReason.SLOW_CONSUMER);
    assertThat(slow.counters()).containsEntry("slow_subscriber", 1L);
    assertThat(other.receivedText()).startsWith(":1\r\n").endsWith(":0\r\n");
    assertThat(other.closed()).isEmpty();
  }

  @Test
  void aSubscriberThatDoesNotReadMissesMessagesWhereTheSettingSaysSo() {
    connect(SlowSubscribers.SKIP);
    platform.outputMarks(100, 1 << 20);
    InMemoryConnection slow = connect();
    slow.feed("SUBSCRIBE c\r\n");
    slow.stopReading();
    InMemoryConnection other = connect();
    for (int i = 0; i < 20; i++) {
      other.feed("PUBLISH c " + i + "x".repeat(50) + "\r\n");
    }
    assertThat(slow.pendingOutput()).isLessThan(300);
    slow.readOn();
    other.feed("PUBLISH c last\r\n");
    assertThat(slow.closed()).isEmpty();
    assertThat(slow.receivedText()).contains("0xxx", "1xxx").doesNotContain("19xxx");
    assertThat(slow.receivedText()).endsWith("$4\r\nlast\r\n");
  }

  @Test
  void aClientThatDoesNotReadHasNoFurtherCommandsRun() {
    connect();
    platform.outputMarks(100, 1 << 20);
    InMemoryConnection slow = connect();
    slow.stopReading();
    slow.feed("SET a " + "x".repeat(100) + "\r\n");
    slow.feed("GET a\r\n".repeat(1000) + "SET done 1\r\n");
    assertThat(slow.pendingOutput()).isLessThan(40_000);
    InMemoryConnection other = connect();
    other.feed("GET done\r\n");
    assertThat(other.receivedText()).isEqualTo("$-1\r\n");
    slow.readOn();
    assertThat(slow.receivedText()).hasSize(5 + 1000 * 108 + 5).endsWith("+OK\r\n");
  }
}
