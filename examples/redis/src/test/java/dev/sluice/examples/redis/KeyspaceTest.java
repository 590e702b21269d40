// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What has expired is gone, what it cost is given back, and a scan misses nothing that stays. */
class KeyspaceTest {

  private long time = 1_000;
  private final Keyspace keys = new Keyspace(() -> time);

  private static byte[] bytes(String text) {
    return text.getBytes(US_ASCII);
  }

  private Keyspace.Entry put(String key) {
    keys.tick();
    return keys.put(bytes(key), new Value.Text(bytes("value of " + key)));
  }

  private void elapse(long millis) {
    time += millis;
    keys.tick();
  }

  @Test
  void whatHasExpiredIsNeitherFoundNorMet() {
    keys.expireAt(put("a"), 1_010);
    elapse(9);
    assertThat(keys.find(bytes("a"))).isNotNull();
    elapse(1);
    assertThat(keys.at(0)).isNull();
    assertThat(keys.find(bytes("a"))).isNull();
    assertThat(keys.size()).isZero();
    assertThat(keys.used()).isZero();
  }

  @Test
  void theSweepRemovesWhatNobodyAsksForAndNotMoreThanItMayAtOnce() {
    for (int i = 0; i < 100; i++) {
      keys.expireAt(put("key" + i), 1_010 + i);
    }
    put("stays");
    elapse(59);
    assertThat(keys.removeExpired(20)).isEqualTo(20);
    assertThat(keys.removeExpired(1_000)).isEqualTo(30);
    assertThat(keys.size()).isEqualTo(51);
    elapse(1_000);
    keys.removeExpired(1_000);
    assertThat(keys.size()).isEqualTo(1);
    assertThat(keys.expiringSize()).isZero();
  }

  @Test
  void aFullStoreMakesRoomOfWhatHasExpired() {
    keys.expireAt(put("a"), 1_010);
    long most = keys.used();
    elapse(10);
    keys.reserve(most, most);
    assertThat(keys.used()).isZero();
  }

  @Test
  void aScanMeetsWhatStaysExactlyOnceWhateverComesAndGoes() {
    Random random = new Random(4711);
    for (int i = 0; i < 500; i++) {
      put("stays" + i);
      put("goes" + i);
    }
    List<String> met = new ArrayList<>();
    for (int slot = 0; slot < keys.slots(); slot++) {
      Keyspace.Entry entry = keys.at(slot);
      if (entry != null && new Bytes(entry.key()).toString().startsWith("stays")) {
        met.add(new Bytes(entry.key()).toString());
      }
      keys.remove(bytes("goes" + random.nextInt(500)));
      put("goes" + random.nextInt(500));
      put("stays" + random.nextInt(500));
    }
    assertThat(met).hasSize(500).doesNotHaveDuplicates();
  }

  @Test
  void whateverIsDoneTheAccountIsRightInTheEnd() {
    Random random = new Random(4712);
    for (int i = 0; i < 5_000; i++) {
      String key = "key" + random.nextInt(50);
      switch (random.nextInt(4)) {
        case 0 -> put(key);
        case 1 -> keys.remove(bytes(key));
        case 2 -> keys.expireAt(put(key), time + 1 + random.nextInt(10));
        default -> {
          Value.Hash hash = new Value.Hash();
          hash.put(bytes("f"), bytes("x".repeat(random.nextInt(20))));
          hash.put(bytes("f"), bytes("x".repeat(random.nextInt(20))));
          hash.remove(bytes("g"));
          keys.put(bytes(key), hash);
        }
      }
      if (i % 10 == 0) {
        elapse(1);
      }
    }
    put("one more");
    for (int slot = keys.slots() - 1; slot >= 0; slot--) {
      Keyspace.Entry entry = slot < keys.slots() ? keys.at(slot) : null;
      if (entry != null) {
        keys.remove(entry.key());
      }
    }
    elapse(1_000);
    keys.removeExpired(1_000);
    assertThat(keys.size()).isZero();
    assertThat(keys.used()).isZero();
  }

  @Test
  void patterns() {
    matches("", "", true);
    matches("*", "anything", true);
    matches("a*c*e", "abcde", true);
    matches("a*c*e", "abcdef", false);
    matches("h?llo", "hello", true);
    matches("h[ae]llo", "hallo", true);
    matches("h[^ae]llo", "hallo", false);
    matches("h[a-c]llo", "hbllo", true);
    matches("h[c-a]llo", "hbllo", true);
    matches("h\\*llo", "h*llo", true);
    matches("h\\*llo", "hello", false);
    matches("h[", "h", false);
    matches("h\\", "h\\", true);
    matches("a?", "a", false);
  }

  private static void matches(String pattern, String text, boolean expected) {
    assertThat(Glob.matches(bytes(pattern), bytes(text)))
        .as(pattern + " " + text)
        .isEqualTo(expected);
  }

  @Test
  void aPatternThatIsMadeToBeSlowIsNot() {
    assertThat(Glob.matches(bytes("a*".repeat(50) + "b"), bytes("a".repeat(20_000)))).isFalse();
  }
}
