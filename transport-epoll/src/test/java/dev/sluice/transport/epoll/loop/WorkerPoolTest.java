// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WorkerPoolTest {

  private static final long NEVER_MIND = Duration.ofMillis(50).toNanos();

  private final CountDownLatch released = new CountDownLatch(1);

  /** Whatever it is told. */
  private void neverEnds() {
    while (released.getCount() > 0) {
      try {
        released.await();
      } catch (InterruptedException notYet) {
        // It goes on.
      }
    }
  }

  /** It may be the last call into a session, which has to be made. */
  @Test
  void whatWaitsBehindAThreadThatDoesNotEndIsDoneAllTheSame() {
    WorkerPool pool = new WorkerPool(1);
    AtomicInteger done = new AtomicInteger();
    try {
      pool.executor(Execution.WORKERS).execute(this::neverEnds);
      for (int i = 0; i < 3; i++) {
        pool.executor(Execution.WORKERS).execute(done::incrementAndGet);
      }

      List<String> stuck = pool.stop(Duration.ofSeconds(2).toNanos());

      assertThat(done).hasValue(3);
      assertThat(stuck).hasSize(1);
      assertThat(stuck.get(0)).startsWith("sluice-worker-1").contains("neverEnds");
    } finally {
      released.countDown();
    }
  }

  @Test
  void whatOneOfThemThrowsIsNotForThoseBehindIt() {
    WorkerPool pool = new WorkerPool(1);
    AtomicInteger done = new AtomicInteger();
    try {
      pool.executor(Execution.WORKERS).execute(this::neverEnds);
      pool.executor(Execution.WORKERS)
          .execute(
              () -> {
                throw new IllegalStateException("a plug-in's");
              });
      pool.executor(Execution.WORKERS).execute(done::incrementAndGet);

      pool.stop(Duration.ofSeconds(2).toNanos());

      assertThat(done).hasValue(1);
    } finally {
      released.countDown();
    }
  }

  /** The process may have as many threads as it gets. */
  @Test
  void whereNoMoreThreadIsToBeHadThoseThatThereAreDoTheWork() throws Exception {
    AtomicInteger started = new AtomicInteger();
    WorkerPool pool =
        new WorkerPool(
            4,
            task ->
                new Thread(task) {
                  @Override
                  public synchronized void start() {
                    if (started.incrementAndGet() > 1) {
                      throw new OutOfMemoryError("unable to create native thread");
                    }
                    super.start();
                  }
                });
    CountDownLatch done = new CountDownLatch(10);
    for (int i = 0; i < 10; i++) {
      pool.executor(Execution.WORKERS).execute(done::countDown);
    }
    assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(pool.stop(Duration.ofSeconds(20).toNanos())).isEmpty();
  }

  @Test
  void whereThatDoesNotEndEitherItIsNamedToo() {
    WorkerPool pool = new WorkerPool(1);
    try {
      pool.executor(Execution.WORKERS).execute(this::neverEnds);
      pool.executor(Execution.WORKERS).execute(this::neverEnds);

      List<String> stuck = pool.stop(NEVER_MIND);

      assertThat(stuck).hasSize(2).allMatch(where -> where.contains("neverEnds"));
    } finally {
      released.countDown();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"WORKERS", "VIRTUAL_THREADS"})
  void noThreadKeepsTheClassLoaderOfWhoeverMadeItBegin(Execution execution) throws Exception {
    WorkerPool pool = new WorkerPool(1);
    CompletableFuture<ClassLoader> seen = new CompletableFuture<>();
    Thread caller = Thread.currentThread();
    ClassLoader before = caller.getContextClassLoader();
    try (URLClassLoader plugin = new URLClassLoader(new URL[0], null)) {
      caller.setContextClassLoader(plugin);
      pool.executor(execution)
          .execute(() -> seen.complete(Thread.currentThread().getContextClassLoader()));
      assertThat(seen.get(10, TimeUnit.SECONDS)).isSameAs(WorkerPool.class.getClassLoader());
    } finally {
      caller.setContextClassLoader(before);
      assertThat(pool.stop(TimeUnit.SECONDS.toNanos(10))).isEmpty();
    }
  }
}
