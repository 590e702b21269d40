// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.buffer.ByteBuf;
import java.net.SocketAddress;
import java.util.ArrayDeque;

/** What the wire of a stream does with output, and what its kernel takes of it. */
abstract class SimOutput extends SimConnection implements StreamWire {

  StreamBridge bridge;
  final Choices choices;
  final boolean secure;
  final SimDeadlines deadlines;

  /** The peer reads nothing, or nothing any more. */
  final boolean deaf;

  boolean open = true;

  /** It has no loop. */
  boolean orphaned;

  // Output: what was written and what of it was flushed; then the kernel's.
  private record Piece(ByteBuf data, int size, long mark) {}

  final ArrayDeque<Piece> pieces = new ArrayDeque<>();
  int flushed;
  int headTaken;
  long written;
  long taken;
  boolean full;
  boolean progressed;
  int endsAsked;
  boolean encryptionOver;
  boolean outputFailed;
  boolean alert;

  SimOutput(Simulation sim, SimEndpoint home, SimLoop loop) {
    super(sim, home, loop);
    this.choices = sim.choices();
    this.secure = home.kind == SimEndpoint.Kind.SECURE;
    this.deaf = choices.oneIn(6);
    this.deadlines = new SimDeadlines(sim, this, home.options.limits());
  }

  @Override
  final StreamBridge bridge() {
    return bridge;
  }

  final SimDeadlines deadlines() {
    return deadlines;
  }

  @Override
  boolean taken(SimWrite write) {
    return write.end <= taken;
  }

  @Override
  public boolean takesMore() {
    return written - taken < sim.wireLimit();
  }

  @Override
  public void write(ByteBuf data, long mark) {
    checkOnLoop("write");
    if (!data.isReadable()) {
      sim.fail(this + ": an empty write");
    }
    if (!open || encryptionOver || outputFailed) {
      data.release();
      failOutput();
      return;
    }
    streamed(data);
    int size = data.readableBytes();
    written += size;
    pieces.add(new Piece(data, size, mark));
    full |= !takesMore();
    sim.interleave();
  }

  @Override
  public void flush() {
    checkOnLoop("flush");
    flushed = pieces.size();
    if (sim.tracing()) {
      sim.trace(this + " flushes, " + written + " written, " + taken + " taken");
    }
    if (choices.oneIn(3)) {
      take(1 + choices.below(sim.scale()));
    }
    sim.interleave();
  }

  /** The kernel takes bytes. */
  final void take(int most) {
    if (deaf && taken > 1000) {
      return;
    }
    if (sim.tracing()) {
      sim.trace(this + " takes up to " + most + " bytes");
    }
    long mark = 0;
    int left = most;
    while (left > 0 && flushed > 0 && open) {
      Piece head = pieces.element();
      if (head.data.refCnt() < 1) {
        // The session has released it since.
        failOutput();
        if (open) {
          bridge.failed(Ending.PEER_RESET, true);
        }
        return;
      }
      int bytes = Math.min(left, head.size - headTaken);
      left -= bytes;
      taken += bytes;
      headTaken += bytes;
      progressed = true;
      deadlines.took();
      if (headTaken == head.size) {
        headTaken = 0;
        flushed--;
        pieces.remove();
        head.data.release();
        if (head.mark != 0) {
          mark = head.mark;
          if (choices.oneIn(2)) {
            bridge.taken(mark);
          }
        }
      }
    }
    if (mark != 0) {
      bridge.taken(mark);
    }
    if (full && takesMore() && open) {
      full = false;
      bridge.takesMore();
    }
  }

  final void failOutput() {
    outputFailed = true;
    dropPieces();
    bridge.outputFailed();
  }

  private void dropPieces() {
    Piece piece;
    while ((piece = pieces.poll()) != null) {
      Buffers.release(piece.data);
    }
    flushed = 0;
    headTaken = 0;
    written = taken;
  }

  @Override
  public boolean progressed() {
    boolean was = progressed;
    progressed = false;
    if (sim.wiresThrow() && choices.oneIn(8)) {
      throw new IllegalStateException("a wire that fails");
    }
    return was;
  }

  @Override
  public void endOutput() {
    checkOnLoop("endOutput");
    boolean orderly = bridge.closing().state() != StreamClosing.State.PARTING;
    if (orderly && !whole() && !poisoned && !outputFailed && !encryptionOver && !alert) {
      sim.fail(this + ": ends with " + progress());
    }
    if (!open) {
      return;
    }
    endsAsked++;
    if (choices.oneIn(2)) {
      answerEnd();
    }
    sim.interleave();
  }

  final void answerEnd() {
    if (endsAsked > 0 && open && pieces.isEmpty()) {
      endsAsked--;
      bridge.outputEnded(!choices.oneIn(12));
    }
  }

  final void checkOnLoop(String what) {
    if (!orphaned && !loop.inEventLoop(null)) {
      sim.fail(this + ": " + what + " on " + sim.current());
    }
  }

  @Override
  public SocketAddress localAddress() {
    return null;
  }

  @Override
  public SocketAddress remoteAddress() {
    return null;
  }
}
