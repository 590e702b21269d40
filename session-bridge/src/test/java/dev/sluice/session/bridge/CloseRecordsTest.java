// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The ring keeps the latest records, all of them and no more, whoever writes. */
class CloseRecordsTest {

  private static CloseRecord record(long sequence, String interfaceName) {
    return new CloseRecord(
        sequence,
        Instant.EPOCH,
        sequence,
        interfaceName,
        "PROBE",
        Optional.empty(),
        "peer_closed",
        ClosedBy.PEER,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false,
        Duration.ZERO,
        0,
        0,
        1);
  }

  private static void write(CloseRecords records, int count) {
    for (int i = 0; i < count; i++) {
      records.put(record(records.next(), i % 2 == 0 ? "even" : "odd"));
    }
  }

  private static List<Long> sequences(List<CloseRecord> records) {
    return records.stream().map(CloseRecord::sequence).toList();
  }

  private static List<Long> down(long from, long to) {
    return LongStream.rangeClosed(to, from).map(at -> from + to - at).boxed().toList();
  }

  @Test
  void theNewestComesFirstAndTheOldestMakesRoom() {
    CloseRecords records = new CloseRecords(8);
    assertThat(records.latest(8)).isEmpty();
    write(records, 5);
    assertThat(sequences(records.latest(100))).containsExactly(5L, 4L, 3L, 2L, 1L);
    write(records, 6);
    assertThat(sequences(records.latest(100))).isEqualTo(down(11, 4));
    assertThat(sequences(records.latest(3))).containsExactly(11L, 10L, 9L);
    assertThat(records.total()).isEqualTo(11);
    assertThatThrownBy(() -> records.latest(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whatIsWantedIsFoundBehindOthers() {
    CloseRecords records = new CloseRecords(8);
    write(records, 8);
    assertThat(sequences(records.latest(2, each -> each.interfaceName().equals("even"))))
        .containsExactly(7L, 5L);
  }

  @Test
  void manyWritersLoseNothingButTheOldest() throws Exception {
    int writers = 8;
    int each = 20_000;
    int capacity = 1000;
    CloseRecords records = new CloseRecords(capacity);
    CyclicBarrier begin = new CyclicBarrier(writers + 1);
    List<CompletableFuture<Void>> done = new ArrayList<>();
    for (int i = 0; i < writers; i++) {
      done.add(
          Threads.later(
              () -> {
                begin.await();
                write(records, each);
                return null;
              }));
    }
    begin.await();
    while (records.total() < (long) writers * each) {
      List<Long> seen = sequences(records.latest(capacity));
      assertThat(seen).isSortedAccordingTo((a, b) -> Long.compare(b, a)).doesNotHaveDuplicates();
    }
    for (CompletableFuture<Void> writer : done) {
      writer.get();
    }
    long total = (long) writers * each;
    assertThat(records.total()).isEqualTo(total);
    assertThat(sequences(records.latest(Integer.MAX_VALUE)))
        .isEqualTo(down(total, total - capacity + 1));
  }

  @Test
  void aWriterThatWasOvertakenByAWholeRoundTakesNobodysPlace() {
    CloseRecords records = new CloseRecords(4);
    long late = records.next();
    write(records, 6);
    records.put(record(late, "late"));
    assertThat(sequences(records.latest(4))).containsExactly(7L, 6L, 5L, 4L);
  }

  @Test
  void oneMoreIsCountedAsLongAsTheRecordIsThere() {
    CloseRecords records = new CloseRecords(2);
    CloseRecord first = record(records.next(), "a");
    records.put(first);
    CloseRecord second = records.oneMore(first);
    assertThat(second.count()).isEqualTo(2);
    assertThat(records.latest(1)).containsExactly(second);
    assertThat(records.total()).isEqualTo(1);
    write(records, 2);
    assertThat(records.oneMore(second)).isNull();
  }

  @Test
  void aRingOfNoneKeepsNone() {
    CloseRecords records = new CloseRecords(0);
    write(records, 3);
    assertThat(records.latest(10)).isEmpty();
    assertThat(records.capacity()).isZero();
  }
}
