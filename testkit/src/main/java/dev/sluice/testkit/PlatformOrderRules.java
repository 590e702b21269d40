// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static dev.sluice.testkit.PlatformRules.bytes;
import static dev.sluice.testkit.PlatformRules.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.api.Execution;
import dev.sluice.api.ScheduledTask;
import dev.sluice.testkit.PlatformHarness.Client;
import dev.sluice.testkit.RecordingProtocol.Call;
import dev.sluice.testkit.RecordingSession.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The order of calls into one session. */
interface PlatformOrderRules extends PlatformRules {

  /** A busy machine may let a thread stand still between two of its lines. */
  Duration LATER = Duration.ofMillis(500);

  @Test
  @DisplayName("P15. Calls never overlap, keep their order, and see what the one before wrote.")
  default void callsNeverOverlap() throws InterruptedException {
    int tasks = 200;
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    List<Thread> threads = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      String name = "t" + thread + ":";
      threads.add(
          new Thread(
              () -> {
                for (int task = 0; task < tasks; task++) {
                  Runnable inOrder = session.task(name + task, () -> {});
                  assertThat(session.context().execute(inOrder)).isTrue();
                }
              }));
    }
    threads.forEach(Thread::start);
    client.send(random(200_000));
    for (Thread thread : threads) {
      thread.join();
    }
    harness()
        .await(
            "every task has run and all input has come",
            () -> session.count(Call.TASK) == 4L * tasks && session.received().length == 200_001);
    assertThat(session.broken()).isEmpty();
    for (int thread = 0; thread < 4; thread++) {
      String name = "t" + thread + ":";
      List<String> inOrder = new ArrayList<>();
      for (int task = 0; task < tasks; task++) {
        inOrder.add(name + task);
      }
      assertThat(tasks(session)).filteredOn(task -> task.startsWith(name)).isEqualTo(inOrder);
    }
  }

  private static List<String> tasks(RecordingSession session) {
    return session.entries().stream()
        .filter(entry -> entry.call() == Call.TASK)
        .map(Entry::detail)
        .toList();
  }

  @Test
  @DisplayName("P16. A task given from within a call runs after it, and tasks keep their order.")
  default void executedTaskRunsAfterTheCallThatGaveIt() {
    AtomicBoolean inCall = new AtomicBoolean();
    AtomicBoolean nested = new AtomicBoolean();
    RecordingProtocol protocol =
        protocol()
            .onData(
                (session, data) -> {
                  inCall.set(true);
                  for (String name : List.of("1", "2", "3")) {
                    Runnable task = () -> nested.compareAndSet(false, inCall.get());
                    assertThat(session.context().execute(session.task(name, task))).isTrue();
                  }
                  inCall.set(false);
                });
    Client client = harness().connect(protocol);
    client.send(bytes("a"));
    RecordingSession session = protocol.session(harness());
    harness().await("the tasks have run", () -> session.count(Call.TASK) == 3);
    assertThat(tasks(session)).containsExactly("1", "2", "3");
    assertThat(nested).isFalse();
    assertThat(session.broken()).isEmpty();
  }

  @Test
  @DisplayName("P17. A scheduled task runs once, in order, not early, and not if cancelled.")
  default void scheduledTaskRunsUnlessCancelled() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    ScheduledTask cancelled =
        session.context().schedule(LATER, session.task("cancelled", () -> {}));
    long begin = session.context().nanoTime();
    AtomicLong passed = new AtomicLong();
    session
        .context()
        .schedule(
            LATER, session.task("second", () -> passed.set(session.context().nanoTime() - begin)));
    session.context().schedule(Duration.ofMillis(100), session.task("first", () -> {}));
    session.context().schedule(Duration.ofHours(1), session.task("much later", () -> {}));
    cancelled.cancel();
    cancelled.cancel();
    harness().await("the tasks have run", () -> session.count(Call.TASK) == 2);
    harness().settle();
    assertThat(tasks(session)).containsExactly("first", "second");
    assertThat(passed.get())
        .as("by the connection's own time")
        .isGreaterThanOrEqualTo(LATER.toNanos());
    assertThat(session.broken()).isEmpty();
  }

  @Test
  @DisplayName("P18. After the end tasks are refused and scheduled ones do not run.")
  default void tasksEndWithTheConnection() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    session.context().schedule(Duration.ofMillis(400), session.task("late", () -> {}));
    client.reset();
    awaitClosed(session);
    assertThat(session.context().execute(session.task("refused", () -> {}))).isFalse();
    session.context().schedule(Duration.ofMillis(1), session.task("never", () -> {}));
    harness().settle();
    harness().settle();
    assertThat(tasks(session)).isEmpty();
  }

  @Test
  @DisplayName("P19. On EVENT_LOOP the calls run on the context's executor.")
  default void eventLoopMeansTheContextsExecutor() {
    assumeTrue(execution() == Execution.EVENT_LOOP);
    AtomicBoolean onLoop = new AtomicBoolean();
    RecordingProtocol protocol =
        protocol()
            .onData((session, data) -> onLoop.set(session.context().executor().inEventLoop()));
    Client client = harness().connect(protocol);
    begin(protocol, client);
    assertThat(onLoop).isTrue();
  }
}
