// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A connection's output on its way to the kernel: order, bounds, and what is counted.
 *
 * <p>Small writes go straight to the channel. What the channel can't take (its own buffer is over
 * the watermark) waits here unencrypted and unflushed, in pieces, so that a large answer is neither
 * encrypted at one go nor kept whole until its last byte has left.
 *
 * <p>{@link #reserve} and the state of writability belong to any thread; all else to the loop.
 */
final class OutboundPath {

  /** What goes to the channel at once; a few TLS records. */
  private static final int PIECE = 64 << 10;

  /** The node's budget is settled in steps of this, so that small writes do not touch it. */
  private static final int SETTLE = 16 << 10;

  /**
   * What goes to the channel before the loop has looked at its other sockets again. To a peer that
   * reads faster than we encrypt there would be no end of it otherwise: Netty goes on writing by
   * tasks, and a loop runs tasks for up to a second.
   */
  private static final int TURN = 1 << 20;

  private final StreamConnection connection;
  private final ChannelHandlerContext ctx;
  private final OutboundBudget budget;
  private final int highMark;
  private final int hardMark;

  /** Accepted by writeOutbound, not yet taken by the kernel. */
  private final AtomicLong queued = new AtomicLong();

  // Written where the queue crosses a mark, on any thread; read by isWritable.
  private volatile boolean overMark;

  private final ArrayDeque<QueuedWrite> waiting = new ArrayDeque<>(0);
  private int inFlight;
  private long settled;
  private boolean unflushed;
  private long taken;
  private long completed;
  private long progressOfHead;
  private @Nullable Object head;
  private boolean readsPaused;
  private int turnLeft = TURN;

  OutboundPath(
      StreamConnection connection,
      ChannelHandlerContext ctx,
      OutboundBudget budget,
      int highMark,
      int hardMark) {
    this.connection = connection;
    this.ctx = ctx;
    this.budget = budget;
    this.highMark = highMark;
    this.hardMark = hardMark;
  }

  /**
   * Counts a write before it is queued; any thread. Answers null, or what ends the connection since
   * too much is queued already; then the bytes were not counted.
   */
  @Nullable Ending reserve(int bytes) {
    long before = queued.getAndAdd(bytes);
    if (before > hardMark || (before > highMark && budget.exhausted())) {
      queued.addAndGet(-bytes);
      return before > hardMark ? Ending.CONNECTION_OUTPUT : Ending.NODE_OUTPUT;
    }
    if (before + bytes > highMark && !overMark) {
      overMark = true;
      connection.writabilityChanged(false);
    }
    return null;
  }

  /** Any thread: bytes that were reserved found the connection gone. */
  void takeBack(int bytes) {
    queued.addAndGet(-bytes);
  }

  boolean belowMark() {
    return !overMark;
  }

  long queued() {
    return queued.get();
  }

  /** On the loop: queues bytes that were reserved. */
  void write(ByteBuf data, @Nullable WriteCompletion completion) {
    int bytes = data.readableBytes();
    if (bytes == 0) {
      data.release();
      if (completion != null) {
        connection.complete(completion, true);
      }
      return;
    }
    if (bytes <= PIECE && waiting.isEmpty() && takes()) {
      issue(new QueuedWrite(ctx, this, data, bytes, completion));
    } else {
      enqueue(data, bytes, completion);
      pump();
    }
    if (!readsPaused && queued.get() > readPauseMark()) {
      readsPaused = true;
      connection.gate().pause(InboundGate.OUTPUT);
    }
  }

  /** On the loop: bytes that were reserved will not be sent. */
  void refuse(ByteBuf data, @Nullable WriteCompletion completion) {
    int bytes = data.readableBytes();
    data.release();
    forgetQueued(bytes);
    if (completion != null) {
      connection.complete(completion, false);
    }
  }

  /** A protocol that ignores writability is paced by its input, well before the hard mark. */
  private long readPauseMark() {
    return budget.strained() ? highMark : hardMark / 2L;
  }

  /** Components of a composite wait one by one, so that each is freed when it has left. */
  private void enqueue(ByteBuf data, int bytes, @Nullable WriteCompletion completion) {
    if (data instanceof CompositeByteBuf composite && bytes > PIECE) {
      int from = composite.readerIndex();
      int end = composite.writerIndex();
      while (from < end) {
        int component = composite.toComponentIndex(from);
        int length =
            Math.min(
                    end,
                    composite.toByteIndex(component)
                        + composite.componentSlice(component).readableBytes())
                - from;
        ByteBuf part =
            composite
                .componentSlice(component)
                .retain()
                .slice(from - composite.toByteIndex(component), length);
        from += length;
        waiting.add(new QueuedWrite(ctx, this, part, length, from == end ? completion : null));
      }
      composite.release();
    } else {
      waiting.add(new QueuedWrite(ctx, this, data, bytes, completion));
    }
  }

  /** On the loop: gives the channel what it can take. */
  void pump() {
    while (!waiting.isEmpty() && takes()) {
      QueuedWrite next = waiting.element();
      if (next.data.readableBytes() <= PIECE) {
        issue(waiting.remove());
      } else {
        issue(new QueuedWrite(ctx, this, next.data.readRetainedSlice(PIECE), PIECE, null));
        next.bytes -= PIECE;
      }
    }
  }

  private boolean takes() {
    return turnLeft > 0 && ctx.channel().isWritable();
  }

  /** On the loop, which has just looked at its sockets. */
  void nextTurn() {
    if (turnLeft > 0) {
      turnLeft = TURN;
    }
  }

  private void turnOver() {
    turnLeft = TURN;
    pump();
    connection.flushNow();
  }

  private void issue(QueuedWrite write) {
    inFlight++;
    unflushed = true;
    turnLeft -= write.bytes;
    if (turnLeft <= 0 && turnLeft + write.bytes > 0) {
      // Unlike a task, what is scheduled runs only after the loop's next look at its sockets.
      ctx.executor().schedule(this::turnOver, 0, TimeUnit.NANOSECONDS);
    }
    ctx.write(write.data, write);
  }

  boolean unflushed() {
    return unflushed;
  }

  /** On the loop. */
  void flush() {
    if (unflushed) {
      unflushed = false;
      ctx.flush();
    }
    if (Math.abs(queued.get() - settled) > SETTLE) {
      settle();
    }
  }

  /** On the loop: nothing waits here or in the channel. */
  boolean isEmpty() {
    return waiting.isEmpty() && inFlight == 0;
  }

  /** On the loop: whether the kernel has taken bytes since the last call. */
  boolean progressed() {
    ChannelOutboundBuffer buffer = ctx.channel().unsafe().outboundBuffer();
    @Nullable Object nowHead = buffer == null ? null : buffer.current();
    long nowProgress = buffer == null ? 0 : buffer.currentProgress();
    boolean progressed =
        taken != completed || (nowHead != null && nowProgress != progressOfHead && nowHead == head);
    boolean moved = head != null && nowHead != head;
    completed = taken;
    head = nowHead;
    progressOfHead = nowProgress;
    return progressed || moved;
  }

  /** On the loop, the last call: what never reached the channel is dropped. */
  void discard() {
    while (!waiting.isEmpty()) {
      QueuedWrite write = waiting.remove();
      refuse(write.data, write.completion);
    }
    head = null;
    // To nothing, whatever a writer on another thread has reserved in vain.
    budget.add(-settled);
    settled = 0;
  }

  /** Plaintext bytes that the kernel has taken; any thread, see {@link ConnectionReport}. */
  long taken() {
    return taken;
  }

  void settle() {
    long now = queued.get();
    budget.add(now - settled);
    settled = now;
  }

  private void forgetQueued(int bytes) {
    long left = queued.addAndGet(-bytes);
    if (overMark && left <= highMark / 2) {
      overMark = false;
      // A writer on another thread may have crossed the mark in between and not seen the change.
      if (queued.get() > highMark) {
        overMark = true;
      } else {
        connection.writabilityChanged(true);
      }
    }
    if (readsPaused && left <= highMark / 2) {
      readsPaused = false;
      connection.gate().resume(InboundGate.OUTPUT);
    }
    if (Math.abs(left - settled) > SETTLE || (left == 0 && settled != 0)) {
      settle();
    }
  }

  private void completed(QueuedWrite write, boolean success) {
    inFlight--;
    if (success) {
      taken += write.bytes;
    } else {
      connection.outputFailed();
    }
    forgetQueued(write.bytes);
    if (write.completion != null) {
      connection.complete(write.completion, success);
    }
    if (inFlight == 0 && waiting.isEmpty()) {
      connection.outputDrained();
    }
  }

  /** One write and its promise in one. */
  private static final class QueuedWrite extends WritePromise {
    private final OutboundPath path;
    private final ByteBuf data;
    private int bytes;
    private final @Nullable WriteCompletion completion;

    QueuedWrite(
        ChannelHandlerContext ctx,
        OutboundPath path,
        ByteBuf data,
        int bytes,
        @Nullable WriteCompletion completion) {
      super(ctx.channel(), ctx.executor());
      this.path = path;
      this.data = data;
      this.bytes = bytes;
      this.completion = completion;
    }

    @Override
    void ended(boolean success) {
      path.completed(this, success);
    }
  }

  /** For messages of failures. */
  @Override
  public String toString() {
    Channel channel = ctx.channel();
    return channel + " queued=" + queued.get() + " waiting=" + waiting.size();
  }
}
