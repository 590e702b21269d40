// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Two threads that do something at the same moment, again and again, each a little earlier or later
 * every time: for what can go wrong between two instructions only.
 */
final class Duel {

  private static final int ROUNDS = 100_000;
  private static final long NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final int OVER = Integer.MAX_VALUE;

  /** How far apart they begin at the most, in looks at a volatile field. */
  private static final int APART = 128;

  private final AtomicInteger round = new AtomicInteger();
  private final AtomicInteger done = new AtomicInteger();

  private Duel() {}

  /**
   * @param prepare on the calling thread, before each round
   * @param here on the calling thread
   * @param there on another thread
   * @param judge on the calling thread, behind each round
   */
  static void fight(Runnable prepare, Runnable here, Runnable there, Runnable judge)
      throws Exception {
    new Duel().run(prepare, here, there, judge);
  }

  private void run(Runnable prepare, Runnable here, Runnable there, Runnable judge)
      throws Exception {
    CompletableFuture<Void> other = Threads.later(() -> follow(there));
    Random random = new Random(1);
    long begun = System.nanoTime();
    try {
      for (int i = 1; i <= ROUNDS && System.nanoTime() - begun < NANOS; i++) {
        prepare.run();
        round.set(i);
        hold(random);
        here.run();
        while (done.get() < i && !other.isDone()) {
          pause();
        }
        judge.run();
      }
    } finally {
      round.set(OVER);
    }
    other.get(10, TimeUnit.SECONDS);
  }

  private Void follow(Runnable there) {
    Random random = new Random(2);
    for (int next = 1; ; next++) {
      int now = round.get();
      while (now < next) {
        pause();
        now = round.get();
      }
      if (now == OVER) {
        return null;
      }
      hold(random);
      there.run();
      done.set(next);
    }
  }

  private void hold(Random random) {
    for (int left = random.nextInt(APART); left > 0 && round.get() != OVER; left--) {
      // Each look takes a moment.
    }
  }

  /** Mostly at once, but where there is one processor the other has to have it. */
  private int spins;

  private void pause() {
    if ((++spins & 0x3ff) == 0) {
      LockSupport.parkNanos(1);
    }
  }
}
