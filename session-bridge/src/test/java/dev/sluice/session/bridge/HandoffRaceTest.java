// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.DefaultEventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** What is taken runs, once and in its thread's order; what comes after the end is refused. */
class HandoffRaceTest {

  @Test
  void operationsThatRaceWithTheEndAreRunOrRefused() throws Exception {
    DefaultEventExecutor loop = new DefaultEventExecutor();
    try {
      for (int round = 0; round < 100; round++) {
        AtomicInteger taken = new AtomicInteger();
        AtomicInteger run = new AtomicInteger();
        AtomicInteger disorder = new AtomicInteger();
        Handoff handoff = new Handoff(loop, new ListeningOwner());
        CyclicBarrier start = new CyclicBarrier(4);
        List<CompletableFuture<Void>> threads = new ArrayList<>();
        for (int thread = 0; thread < 3; thread++) {
          threads.add(
              Threads.later(
                  () -> {
                    int[] next = new int[1];
                    start.await();
                    for (int i = 0;
                        i < 1_000_000 && handoff.push(operation(i, next, run, disorder));
                        i++) {
                      taken.incrementAndGet();
                    }
                    return null;
                  }));
        }
        start.await();
        int some = round % 50;
        while (run.get() < some) {
          LockSupport.parkNanos(1_000_000);
        }
        loop.submit(handoff::close).get();
        int before = run.get();
        for (CompletableFuture<Void> thread : threads) {
          thread.get();
        }
        loop.submit(() -> assertThat(handoff.waiting()).isFalse()).get();
        assertThat(run).as("nothing runs behind the end").hasValue(before);
        assertThat(taken).hasValue(before);
        assertThat(disorder).hasValue(0);
      }
    } finally {
      loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }

  private static Handoff.Operation operation(
      int number, int[] next, AtomicInteger run, AtomicInteger disorder) {
    return new Handoff.Operation() {
      @Override
      void run() {
        run.incrementAndGet();
        if (next[0]++ != number) {
          disorder.incrementAndGet();
        }
      }
    };
  }
}
