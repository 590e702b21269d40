// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What a session writes on its way to the {@link StreamOutput}: at once on the loop, by the
 * hand-off from elsewhere, with one flush a pass or a turn of the loop.
 */
final class StreamWrites {

  private final StreamBridge bridge;
  private final OutboundMarks marks;
  private final StreamOutput output;
  private final StreamInput input;

  // Loop only.
  private boolean flushScheduled;

  StreamWrites(StreamBridge bridge, OutboundMarks marks, StreamOutput output, StreamInput input) {
    this.bridge = bridge;
    this.marks = marks;
    this.output = output;
    this.input = input;
  }

  /** Any thread: takes the buffer over; false: refused. */
  boolean write(ByteBuf data, @Nullable WriteCompletion completion) {
    boolean onLoop = bridge.loop().inEventLoop();
    if (onLoop) {
      bridge.caughtUp();
      if (bridge.refusesWrites()) {
        // A close was among it; nobody may be left to hear of a write that is let in now.
        Buffers.release(data);
        return false;
      }
    }
    Ending tooMuch = marks.tooMuch();
    if (tooMuch != null) {
      Buffers.release(data);
      bridge.abort(tooMuch);
      return false;
    }
    return onLoop ? queue(data, completion) : handOver(data, completion);
  }

  private boolean queue(ByteBuf data, @Nullable WriteCompletion completion) {
    boolean wentOver = output.write(data, completion);
    scheduleFlush();
    // Behind the queueing: what the session writes when it hears of it comes behind this.
    if (wentOver) {
      bridge.calls().writabilityChanged(false);
    }
    return true;
  }

  private boolean handOver(ByteBuf data, @Nullable WriteCompletion completion) {
    int bytes = data.readableBytes();
    marks.handOver(bytes);
    boolean wentOver = bytes > 0 && marks.wentOver();
    Tapping hears = bridge.tapping();
    boolean pushed =
        bridge.push(
            hears == null
                ? handedOver(data, bytes, completion)
                : handedOver(data, bytes, completion, hears.now()));
    if (!pushed) {
      marks.arrived(bytes);
      data.release();
      return false;
    }
    if (wentOver) {
      bridge.calls().writabilityChanged(false);
    }
    return true;
  }

  private Handoff.Operation handedOver(
      ByteBuf data, int bytes, @Nullable WriteCompletion completion) {
    return new Handoff.Operation() {
      @Override
      void run() {
        output.writeHandedOver(data, bytes, completion, 0);
      }
    };
  }

  /** Of one that is heard, with the time at which it was made. */
  private Handoff.Operation handedOver(
      ByteBuf data, int bytes, @Nullable WriteCompletion completion, long at) {
    return new Handoff.Operation() {
      @Override
      void run() {
        output.writeHandedOver(data, bytes, completion, at);
      }
    };
  }

  /** One flush a pass: at its end, or where there is none, once for all writes of this turn. */
  private void scheduleFlush() {
    if (input.inPass() || flushScheduled || bridge.calls().running() || bridge.gone()) {
      return;
    }
    flushScheduled = true;
    try {
      bridge.loop().execute(this::flushNow);
    } catch (RejectedExecutionException loopHasEnded) {
      // Nothing is sent any more.
    }
  }

  /** On the loop; within a pass its end does it. */
  void flushNow() {
    flushScheduled = false;
    if (!input.inPass() && !bridge.gone()) {
      output.flush();
    }
  }
}
