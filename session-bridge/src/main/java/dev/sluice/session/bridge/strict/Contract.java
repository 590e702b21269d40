// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge.strict;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.session.bridge.strict.ContractWatch.Violation;
import io.netty.buffer.ByteBuf;
import io.netty.util.IllegalReferenceCountException;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What one session has done so far. Calls come in its order, writes from any thread. */
final class Contract {

  /** Of a call on an event loop. */
  private static final long BLOCKED_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /**
   * What a session may write before it looks: on workers it learns late that it is to hold back.
   */
  private static final long TOLERATED = 1 << 20;

  private final String protocol;
  private final boolean onLoop;
  private final ConnId id;
  private final SessionWriter writer;
  private final ContractWatch watch;
  private final AtomicLong held = new AtomicLong();

  /** Each rule once a connection: what follows is mostly the same fault. Guarded by itself. */
  private final Set<ContractRule> told = EnumSet.noneOf(ContractRule.class);

  /** Whose calls run: of meaning to that thread. */
  private volatile @Nullable Thread inCall;

  private volatile boolean closeAsked;

  // Of its calls.
  private boolean asked;

  /**
   * By its own choice and for no fault of its peer's, which might leave input that is not finished
   * with.
   */
  private volatile boolean closedWell;

  private volatile boolean ended;

  // Guarded by this.
  private boolean unasked;
  private long unaskedBytes;

  Contract(String protocol, boolean onLoop, ConnId id, SessionWriter writer, ContractWatch watch) {
    this.protocol = protocol;
    this.onLoop = onLoop;
    this.id = id;
    this.writer = writer;
    this.watch = watch;
  }

  // ---- calls

  void call(String what, Runnable call) {
    Thread outer = inCall;
    inCall = Thread.currentThread();
    long begin = onLoop ? System.nanoTime() : 0;
    try {
      call.run();
    } catch (IllegalReferenceCountException released) {
      broken(
          ContractRule.KEPT_BORROWED,
          what + " has used a buffer that it does not own any more",
          released);
      throw released;
    } finally {
      inCall = outer;
      if (onLoop && outer == null) {
        returned(what, System.nanoTime() - begin);
      }
    }
  }

  private void returned(String what, long nanos) {
    if (nanos > BLOCKED_NANOS) {
      broken(
          ContractRule.EVENT_LOOP_BLOCKED,
          what + " has taken " + TimeUnit.NANOSECONDS.toMillis(nanos) + " ms of its event loop",
          null);
    }
  }

  /** A copy, which is gone behind the call unless it was retained. */
  void lend(String what, ByteBuf data, SessionContext context, Consumer<ByteBuf> call) {
    ByteBuf copy = context.allocator().buffer(Math.max(1, data.readableBytes()));
    copy.writeBytes(data, data.readerIndex(), data.readableBytes());
    try {
      call(what, () -> call.accept(copy));
    } finally {
      if (copy.refCnt() == 0) {
        broken(ContractRule.RELEASED_BORROWED, what + " has released what it had borrowed", null);
      } else {
        copy.release();
      }
    }
  }

  void ended() {
    ended = true;
    long left = held.get();
    if (closedWell && left > 0) {
      broken(
          ContractRule.HELD_AT_END,
          "the session has closed with " + left + " bytes that it had held and not given back",
          null);
    }
  }

  // ---- what the session asks for

  void checkId(ConnId used) {
    if (!used.equals(id)) {
      broken(
          ContractRule.WRONG_ID, "the writer of connection " + id + " was used for " + used, null);
    }
  }

  /** The node or the peer wants the session to end, whatever it is in the middle of. */
  void askedToEnd() {
    asked = true;
  }

  void askedForTheClose(CloseReason reason) {
    if (!mine()) {
      // Another thread has closed it, of which the session can't know in time.
      return;
    }
    if (!closeAsked && !asked && reason.equals(CloseReason.SESSION_CLOSED)) {
      closedWell = true;
    }
    closeAsked = true;
  }

  void held(long bytes) {
    held.addAndGet(bytes);
  }

  void checkTask() {
    if (ended && mine()) {
      broken(ContractRule.TASK_AFTER_END, "a task was handed in after connectionClosed", null);
    }
  }

  void checkWrite(ByteBuf data) {
    if (data.refCnt() == 0) {
      broken(ContractRule.RELEASED_WRITTEN, "a buffer that was released is written", null);
      return;
    }
    // Another thread can't know in time.
    if ((closeAsked || ended) && mine()) {
      broken(
          ContractRule.WRITE_AFTER_CLOSE,
          "a write of "
              + data.readableBytes()
              + " bytes after "
              + (ended ? "connectionClosed" : "the session asked for the close"),
          null);
    } else {
      checkWritable(data.readableBytes());
    }
  }

  private void checkWritable(int bytes) {
    boolean writable = writer.isWritable(id);
    long beyond;
    synchronized (this) {
      if (writable) {
        unasked = false;
        unaskedBytes = 0;
        return;
      }
      // The first may be of any length.
      unaskedBytes += unasked ? bytes : 0;
      unasked = true;
      beyond = unaskedBytes;
    }
    if (beyond > TOLERATED && !closeAsked && !ended) {
      broken(
          ContractRule.WRITE_NOT_WRITABLE,
          "the session has written " + beyond + " bytes while it was not writable",
          null);
    }
  }

  private boolean mine() {
    return inCall == Thread.currentThread();
  }

  private void broken(ContractRule rule, String what, @Nullable Throwable cause) {
    synchronized (told) {
      if (!told.add(rule)) {
        return;
      }
    }
    try {
      watch.broken(
          new Violation(protocol, rule, what, cause == null ? new Throwable(what) : cause),
          writer.context(id));
    } catch (Throwable unheard) {
      // Whoever looks on must not change what it looks at.
    }
    if (watch.closes()) {
      writer.abort(id, CloseReason.INTERNAL_ERROR);
    }
  }
}
