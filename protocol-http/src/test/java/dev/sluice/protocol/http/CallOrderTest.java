// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Calls from several threads: none is lost, no two run at once, those of one thread in order. */
class CallOrderTest {

  private static final int THREADS = 3;
  private static final int CALLS = 20_000;

  @Test
  void ofAnApplicationOnAPool() throws InterruptedException {
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      check(HandlerOrder.onPool(pool, null)::execute);
    } finally {
      List<Runnable> unused = pool.shutdownNow();
    }
  }

  @Test
  @SuppressWarnings("NullAway") // The exchange hears of calls that throw, which none does.
  void backToTheLoop() throws InterruptedException {
    EventExecutor loop = new DefaultEventExecutor();
    try {
      LoopCalls calls = new LoopCalls(loop, null);
      check(
          call -> {
            if (calls.enter()) {
              try {
                call.run();
              } finally {
                calls.exit();
              }
            } else {
              calls.execute(call);
            }
          });
    } finally {
      Future<?> unused = loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }
  }

  private static void check(Consumer<Runnable> order) throws InterruptedException {
    List<List<Integer>> seen = new ArrayList<>();
    AtomicInteger running = new AtomicInteger();
    AtomicInteger together = new AtomicInteger();
    CountDownLatch all = new CountDownLatch(THREADS * CALLS);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      List<Integer> own = new ArrayList<>();
      seen.add(own);
      threads.add(
          new Thread(
              () -> {
                for (int j = 0; j < CALLS; j++) {
                  int number = j;
                  order.accept(
                      () -> {
                        if (running.getAndIncrement() != 0) {
                          together.incrementAndGet();
                        }
                        own.add(number);
                        running.getAndDecrement();
                        all.countDown();
                      });
                  if (j % 7 == 0) {
                    LockSupport.parkNanos(1); // So that the next call often is the only one.
                  }
                }
              }));
    }
    threads.forEach(Thread::start);
    assertThat(all.await(60, TimeUnit.SECONDS)).as("all calls were made").isTrue();
    assertThat(together).hasValue(0);
    for (List<Integer> own : seen) {
      assertThat(own).hasSize(CALLS).isSorted();
    }
  }
}
