// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static dev.sluice.testkit.BrokenSessions.check;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.testkit.BrokenSessions.Lines;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/** A call that blocks ends the rule with its stack, and what only waits for its turn does not. */
class BlockingTest {

  /** A part of a call, as a method that is seen on its stack. */
  interface Step {
    void take() throws InterruptedException;
  }

  /** Takes a step at each line. */
  private static CustomProtocolSubsystem protocol(Execution execution, Step step) {
    return new CustomProtocolSubsystem() {
      @Override
      public String name() {
        return "BROKEN";
      }

      @Override
      public Session create(ConnId id, SessionWriter writer) {
        return new Lines(id, writer) {
          @Override
          void line(ByteBuf line) {
            super.line(line);
            try {
              step.take();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        };
      }

      @Override
      public Execution execution() {
        return execution;
      }
    };
  }

  private static void caught(Execution execution, Duration worker, Step step, String... because) {
    SessionContract contract =
        new BrokenSessions.Contract(protocol(execution, step)) {
          @Override
          protected Duration maxWorkerExecuteTime() {
            return worker;
          }
        };
    assertThatThrownBy(() -> check(contract, SessionContract::answersTheScript))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("the session blocks its ")
        .hasMessageContaining("handleIncomingData has run or waited for")
        .hasMessageContainingAll(because)
        .hasStackTraceContaining("the stack of the blocked call");
  }

  private static void caughtOnLoop(Step step, String because) {
    caught(Execution.EVENT_LOOP, Duration.ofHours(1), step, "event loop", because);
  }

  @Test
  void sleeps() {
    caughtOnLoop(() -> Thread.sleep(5_000), "at " + BlockingTest.class.getName());
  }

  @Test
  void waitsForALock() throws InterruptedException {
    ReentrantLock lock = new ReentrantLock();
    lock.lock();
    try {
      caughtOnLoop(lock::lockInterruptibly, "at " + BlockingTest.class.getName() + "$1$1.line");
    } finally {
      lock.unlock();
    }
  }

  @Test
  void waitsForAMonitor() {
    Object monitor = new Object();
    synchronized (monitor) {
      caughtOnLoop(
          () -> {
            synchronized (monitor) {
              monitor.notifyAll();
            }
          },
          "at " + BlockingTest.class.getName());
    }
  }

  @Test
  void computesWithoutAnEnd() {
    caughtOnLoop(
        () -> {
          while (!Thread.currentThread().isInterrupted()) {
            Thread.onSpinWait();
          }
        },
        "at " + BlockingTest.class.getName());
  }

  @Test
  void neverReturnsFromAWorker() {
    CountDownLatch never = new CountDownLatch(1);
    caught(Execution.WORKERS, Duration.ofMillis(200), never::await, "worker", "200 ms");
    assertThat(never.getCount()).isEqualTo(1);
  }

  @Test
  void aWorkerMayWait() {
    check(protocol(Execution.WORKERS, () -> Thread.sleep(300)), SessionContract::answersTheScript);
  }
}
