// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A stream's output on its way to the wire: order, bounds, and what is counted. Positions are bytes
 * of plaintext since the connection's begin: {@link #end} is where the next write goes, {@link
 * #taken} is how far the kernel has come.
 *
 * <p>What was written waits here, unencrypted, until it is flushed; then the wire gets as much as
 * it takes, in pieces, so that a large answer is neither encrypted at one go nor kept whole until
 * its last byte has left.
 *
 * <p>On the loop, but for {@link #write} and what says otherwise.
 */
final class StreamOutput extends OutputTurn {

  /** What the wire gets at once; a few TLS records. */
  private static final int PIECE = 64 << 10;

  /** The kernel's progress is marked in steps of this, and at the end of each flush. */
  private static final int MARK = 32 << 10;

  /** Of all those that have not written yet; never added to. */
  private static final ArrayDeque<ByteBuf> NONE = new ArrayDeque<>(0);

  private final StreamBridge bridge;
  private final StreamWire wire;
  private final OutboundMarks marks;

  // Its own from the first write on.
  private ArrayDeque<ByteBuf> waiting = NONE;

  // Those that have not been told, oldest first.
  private @Nullable Completion firstCompletion;
  private @Nullable Completion lastCompletion;

  private long end;
  private long issued;
  private long marked;
  private boolean unflushed;
  private boolean flushing;
  private boolean broken;
  private boolean shut;
  private boolean readsPaused;

  // Written on the loop, read by views.
  private long taken;

  // As the last tick saw it.
  private long takenSeen;

  /** Who wants to hear of a write. */
  private static final class Completion {
    private final WriteCompletion listener;
    // The write's end.
    private final long position;
    // It was not let in any more, and waits for those before it to be told.
    private final boolean refused;
    private @Nullable Completion next;

    Completion(WriteCompletion listener, long position, boolean refused) {
      this.listener = listener;
      this.position = position;
      this.refused = refused;
    }
  }

  StreamOutput(StreamBridge bridge, StreamWire wire, OutboundMarks marks) {
    this.bridge = bridge;
    this.wire = wire;
    this.marks = marks;
  }

  /** Any thread. */
  long queued() {
    return marks.queued();
  }

  /** Plaintext bytes that the kernel has taken; elsewhere than on the loop it may be old. */
  long taken() {
    return taken;
  }

  // ---- on the loop: writes

  /**
   * Queues a write of another thread, in its turn.
   *
   * @param at when it was made, for who hears it
   */
  void writeHandedOver(ByteBuf data, int bytes, @Nullable WriteCompletion completion, long at) {
    // First, or others would see it twice for a moment, and find it too much.
    marks.arrived(bytes);
    boolean freed = !Buffers.isWhole(data);
    if (refused(data, completion, freed)) {
      // It may have been counted already, and no flush follows that would see that it is not.
      marks.settle();
      backBelowMark();
      return;
    }
    queue(data, bytes, completion, at);
    queued(bytes, completion);
    if (bytes > 0 && marks.wentOver()) {
      bridge.calls().writabilityChanged(false);
    }
  }

  /** Queues a whole buffer. True: it has gone over the mark, which is to be told. */
  boolean write(ByteBuf data, @Nullable WriteCompletion completion) {
    if (refused(data, completion, false)) {
      return false;
    }
    int bytes = data.readableBytes();
    queue(data, bytes, completion, 0);
    queued(bytes, completion);
    return bytes > 0 && marks.wentOver();
  }

  /** Whether the write was not let in: it is over then, and who wants to hear of it is told. */
  private boolean refused(ByteBuf data, @Nullable WriteCompletion completion, boolean freed) {
    boolean over = broken || shut || bridge.closing().begun();
    if (!over && !freed) {
      return false;
    }
    Buffers.release(data);
    if (completion != null) {
      completeInTurn(new Completion(completion, end, true));
    }
    if (freed && !over) {
      // At once: nothing may be sent behind the gap.
      brokenBy(
          new IllegalReferenceCountException("a buffer was released after it had been written"));
    } else {
      tellCompletions();
    }
    return true;
  }

  private void queue(ByteBuf data, int bytes, @Nullable WriteCompletion completion, long at) {
    Tapping hears = bridge.tapping();
    if (hears != null && bytes > 0) {
      hears.written(at, data);
    }
    if (bytes == 0) {
      Buffers.release(data);
    } else if (data instanceof CompositeByteBuf composite && bytes > PIECE) {
      queueComponents(composite);
    } else {
      append(data);
    }
    end += bytes;
    marks.pending(end - taken);
    if (completion != null) {
      completeInTurn(new Completion(completion, end, false));
    }
  }

  private void append(ByteBuf data) {
    if (waiting == NONE) {
      waiting = new ArrayDeque<>(0);
    }
    waiting.add(data);
  }

  private void queued(int bytes, @Nullable WriteCompletion completion) {
    if (bytes == 0 && completion != null) {
      tellCompletions();
    }
    if (!readsPaused && marks.paces()) {
      readsPaused = true;
      bridge.gate().pause(InboundGate.OUTPUT);
    }
  }

  /** Components of a composite wait one by one, so that each is freed when it has left. */
  private void queueComponents(CompositeByteBuf composite) {
    int from = composite.readerIndex();
    int to = composite.writerIndex();
    while (from < to) {
      int component = composite.toComponentIndex(from);
      int offset = from - composite.toByteIndex(component);
      ByteBuf part = composite.componentSlice(component);
      int length = Math.min(to - from, part.readableBytes() - offset);
      append(part.retain().slice(part.readerIndex() + offset, length));
      from += length;
    }
    composite.release();
  }

  // ---- on the loop: to the wire

  /** Gives the wire what it takes, and sends it. */
  void flush() {
    if (flushing || waiting.isEmpty()) {
      // What a flush brings about is written by it.
      return;
    }
    flushing = true;
    try {
      while (pump()) {
        unflushed = false;
        wire.flush();
      }
    } catch (Throwable thrown) {
      // A buffer that its writer has released, or has no memory any more.
      brokenBy(thrown);
    } finally {
      flushing = false;
    }
    marks.settle();
  }

  /** Whether there is something to flush. */
  private boolean pump() {
    while (!waiting.isEmpty() && !spent() && wire.takesMore()) {
      ByteBuf next = waiting.element();
      int bytes = Math.min(next.readableBytes(), PIECE);
      if (bytes == 0 || !Buffers.isWhole(next)) {
        throw new IllegalReferenceCountException(
            "a buffer was released or read after it had been written");
      }
      ByteBuf piece =
          bytes < next.readableBytes() ? next.readRetainedSlice(bytes) : waiting.remove();
      spend(bytes);
      issued += bytes;
      boolean mark = waiting.isEmpty() || spent() || issued - marked >= MARK;
      if (mark) {
        marked = issued;
      }
      unflushed = true;
      wire.write(piece, mark ? issued : 0);
    }
    if (waiting.isEmpty() && issued != end) {
      throw new IllegalReferenceCountException("a buffer was changed after it had been written");
    }
    if (spent()) {
      awaitNext();
    }
    return unflushed;
  }

  @Override
  EventExecutor loop() {
    return bridge.loop();
  }

  @Override
  void flushInTurn() {
    bridge.flushNow();
  }

  /** Nothing waits here or in the wire. */
  boolean isEmpty() {
    return taken == end;
  }

  /** Whether the kernel has taken bytes since the last tick. */
  boolean progressed() {
    boolean progressed = wire.progressed() || taken != takenSeen;
    takenSeen = taken;
    return progressed;
  }

  // ---- on the loop: from the wire

  /** The kernel has taken all up to this position. */
  void takenTo(long position) {
    if (position > taken && !broken) {
      taken = position;
      less();
    }
  }

  /**
   * The session has written what can't be sent. The connection is broken off before anything is
   * told: an orderly end would say that all has arrived.
   */
  private void brokenBy(Throwable thrown) {
    if (!broken) {
      broken = true;
      bridge.unsendable(thrown);
      end = taken;
      less();
    }
  }

  /** Our sending side has ended: what comes from other threads now comes too late. */
  void shut() {
    shut = true;
  }

  /** Nothing more will be taken. */
  void breakOff() {
    if (!broken) {
      broken = true;
      end = taken;
      less();
    }
  }

  /** The last call: what never reached the wire is dropped, the writers are told. */
  void discard() {
    broken = true;
    end = taken;
    releaseWaiting();
    tellCompletions();
    marks.end();
  }

  private void releaseWaiting() {
    ByteBuf data;
    while ((data = waiting.poll()) != null) {
      Buffers.release(data);
    }
  }

  /**
   * There is less to send than before: first all that is ours to know, then whoever has to hear.
   */
  private void less() {
    marks.pending(end - taken);
    if (broken) {
      releaseWaiting();
    }
    if (readsPaused && marks.low()) {
      readsPaused = false;
      bridge.gate().resume(InboundGate.OUTPUT);
    }
    marks.settle();
    backBelowMark();
    tellCompletions();
    if (isEmpty()) {
      bridge.closing().outputDrained();
    }
  }

  private void backBelowMark() {
    if (marks.backBelow()) {
      bridge.calls().writabilityChanged(true);
    }
  }

  private void completeInTurn(Completion newest) {
    if (lastCompletion == null) {
      firstCompletion = newest;
    } else {
      lastCompletion.next = newest;
    }
    lastCompletion = newest;
  }

  private void tellCompletions() {
    Completion next;
    while ((next = firstCompletion) != null && (broken || next.refused || next.position <= taken)) {
      firstCompletion = next.next;
      if (firstCompletion == null) {
        lastCompletion = null;
      }
      bridge.calls().complete(next.listener, !next.refused && next.position <= taken);
    }
  }

  /** For messages of failures. */
  @Override
  public String toString() {
    return "end=" + end + " issued=" + issued + " taken=" + taken + " waiting=" + waiting.size();
  }
}
