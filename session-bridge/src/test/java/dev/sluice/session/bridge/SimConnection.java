// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.ConnId;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Objects;

/**
 * One connection as the model sees it: what its session was told, what was written and what became
 * of it. Whatever does not fit the contract is a failure of the run.
 */
// Buffers and writes are compared as objects: one is not another with the same bytes.
@SuppressWarnings("ReferenceEquality")
abstract class SimConnection {

  /** All content is a part of this, so that a byte tells its place. */
  static final int PERIOD = 8191;

  static final ByteBuf PATTERN = pattern();

  final Simulation sim;
  final SimEndpoint home;
  final SimLoop loop;

  /** Made with the session, by the protocol. */
  SessionWriter writer;

  SimSession session;
  boolean createCalled;
  boolean closedHeard;

  /** The session is being told that it is to hold back. */
  boolean tellingUnwritable;

  /** A written buffer was released behind the bridge's back: its output may end anywhere. */
  boolean poisoned;

  /** As declared by the session. */
  long held;

  /** Its session was called since the last tick. */
  boolean called;

  private boolean inCall;
  private int writes;
  private long accepted;
  private long sent;
  private int headSent;

  /** Two writes began one within the other, where either may be first. */
  private boolean ambiguous;

  // Writes whose call has not returned, the innermost first.
  private final ArrayDeque<SimWrite> open = new ArrayDeque<>();

  // Queued, not seen by the wire.
  private final ArrayDeque<SimWrite> queued = new ArrayDeque<>();

  // Not told yet.
  private final ArrayDeque<SimWrite> completions = new ArrayDeque<>();

  SimConnection(Simulation sim, SimEndpoint home, SimLoop loop) {
    this.sim = sim;
    this.home = home;
    this.loop = loop;
  }

  private static ByteBuf pattern() {
    byte[] bytes = new byte[PERIOD + (2 << 20)];
    for (int i = 0; i < bytes.length; i++) {
      int at = i % PERIOD;
      bytes[i] = (byte) (at * 31 + (at >> 7) * 17 + (at >> 3));
    }
    return Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(bytes));
  }

  abstract SessionBridge bridge();

  final ConnId id() {
    return bridge().id();
  }

  /** Whether the kernel has all of a write. */
  abstract boolean taken(SimWrite write);

  static boolean looksLike(ByteBuf data, int at, int length, int pattern) {
    return ByteBufUtil.equals(data, at, PATTERN, pattern % PERIOD, length);
  }

  final ByteBuf content(int pattern, int size) {
    return sim.allocator().buffer(size).writeBytes(PATTERN, pattern % PERIOD, size);
  }

  // ---- calls into the session

  /** Any call of the session's order: never two at once, always where its execution says. */
  final void call(String what, Runnable body) {
    if (sim.tracing()) {
      sim.trace(this + " hears " + what);
    }
    if (inCall) {
      sim.fail(this + ": " + what + " within another call");
    }
    if (!sim.stopped() && home.workers(this) != sim.onWorker()) {
      sim.fail(this + ": " + what + " on " + sim.current());
    }
    inCall = true;
    called = true;
    try {
      sim.interleave();
      body.run();
      sim.interleave();
    } finally {
      inCall = false;
    }
  }

  // ---- output

  /** One write of whoever runs now; takes the buffer over. */
  final boolean write(ByteBuf data, int pattern, boolean inOrder, boolean told) {
    SimWrite write = new SimWrite(this, data, pattern, inOrder, loop.inEventLoop(null), told);
    boolean freed = data.refCnt() == 0;
    open.push(write);
    if (told) {
      completions.add(write);
    }
    boolean accepted = false;
    boolean refuses = bridge().refusesWrites();
    try {
      accepted = told ? writer.writeOutbound(id(), data, write) : writer.writeOutbound(id(), data);
    } finally {
      open.pop();
    }
    if (freed && accepted) {
      sim.fail(this + ": a freed buffer was accepted");
    }
    if (freed && !refuses && !bridge().closeRequested()) {
      sim.fail(this + ": lives on with a freed buffer written");
    }
    if (sim.tracing()) {
      sim.trace(this + " " + write + (told ? " told" : "") + " -> " + accepted);
    }
    if (accepted) {
      commit(write);
    } else {
      if (write.committed || write.told) {
        sim.fail(this + ": " + write + " was refused and happened");
      }
      write.refused = true;
      completions.remove(write);
    }
    return accepted;
  }

  /** It is certain now that a write was queued. */
  private void commit(SimWrite write) {
    SimWrite caller = around(write);
    for (Iterator<SimWrite> outer = open.descendingIterator(); outer.hasNext(); ) {
      SimWrite before = outer.next();
      if (before == write) {
        break;
      }
      if (!before.committed) {
        if (before.onLoop && !(tellingUnwritable && before == caller)) {
          // What others had handed over goes before the outer one, and may have brought this about.
          ambiguous = true;
        } else {
          enqueue(before);
        }
      }
    }
    if (!write.committed) {
      enqueue(write);
    }
  }

  /** The write within whose call this one was made; null: none. */
  private SimWrite around(SimWrite write) {
    boolean found = !open.contains(write);
    for (SimWrite newest : open) {
      if (found) {
        return newest;
      }
      found = newest == write;
    }
    return null;
  }

  private void enqueue(SimWrite write) {
    write.committed = true;
    accepted += write.size;
    write.end = accepted;
    queued.add(write);
  }

  private void commitOldestOpen(String what) {
    for (Iterator<SimWrite> oldest = open.descendingIterator(); oldest.hasNext(); ) {
      SimWrite write = oldest.next();
      if (!write.committed) {
        enqueue(write);
        return;
      }
    }
    sim.fail(this + ": " + what);
    throw new IllegalStateException(what);
  }

  /** The wire was given bytes. */
  final void streamed(ByteBuf piece) {
    int left = piece.readableBytes();
    int at = piece.readerIndex();
    while (left > 0) {
      if (queued.isEmpty()) {
        commitOldestOpen("more was sent than was accepted");
      }
      SimWrite next = queued.element();
      int length = Math.min(left, next.size - headSent);
      if (!ambiguous && !looksLike(piece, at, length, next.pattern + headSent)) {
        sim.fail(this + ": other bytes were sent than written, at " + sent);
      }
      at += length;
      left -= length;
      sent += length;
      headSent += length;
      if (headSent == next.size) {
        queued.remove();
        headSent = 0;
      }
    }
  }

  /** The wire was given a datagram: that of an accepted write, none twice, in their order. */
  final SimWrite sentOff(ByteBuf data) {
    for (SimWrite write : open) {
      if (write.data == data && !write.committed) {
        commit(write);
        break;
      }
    }
    while (true) {
      for (Iterator<SimWrite> each = queued.iterator(); each.hasNext(); ) {
        SimWrite next = each.next();
        if (next.data == data) {
          each.remove();
          return next;
        }
        if (!ambiguous) {
          // It was lost: nothing before what is sent now may still be sent.
          each.remove();
        }
      }
      commitOldestOpen("a datagram was sent that was not written");
    }
  }

  /** Whether the wire was given all that was accepted. */
  final boolean whole() {
    return sent == accepted;
  }

  final String progress() {
    return "sent " + sent + " of " + accepted;
  }

  final void completed(SimWrite write, boolean written) {
    call(
        "completion of " + write + ": " + written,
        () -> {
          if (write.told || write.refused) {
            sim.fail(this + ": " + write + " told twice, or although refused");
          }
          write.told = true;
          if (!write.committed) {
            commit(write);
          }
          if (!ambiguous && completions.peek() != write) {
            sim.fail(this + ": " + write + " is told before " + completions.peek());
          }
          completions.remove(write);
          if (closedHeard && write.inOrder) {
            sim.fail(this + ": " + write + " is told behind the end");
          }
          if (written && !ambiguous && !taken(write)) {
            sim.fail(this + ": " + write + " is not with the kernel");
          }
          if (session != null) {
            session.act(null, 0);
          }
        });
  }

  /** The end of the run. */
  final void checkEnded() {
    if (!completions.isEmpty()) {
      sim.fail(this + ": never told: " + completions);
    }
    if (session != null && !closedHeard) {
      sim.fail(this + ": the session never heard of its end");
    }
  }

  /** Nothing is under way: the session knows all there is. */
  void checkAtRest() {
    if (session != null && !closedHeard && !bridge().closeRequested()) {
      if (bridge().heldInput().bytes() != held) {
        sim.fail(this + " holds " + held + ", counted as " + bridge().heldInput().bytes());
      }
      session.checkAtRest();
    }
  }

  // ---- code of sessions, in their order or elsewhere

  /** How long the next write of this connection is. */
  final int nextPattern() {
    return (writes++ * 1237) % PERIOD;
  }

  /** Calls of the writer from another thread, or from the loop outside of the session's order. */
  final void actFromOutside() {
    SimSession target = Objects.requireNonNull(session);
    target.use(sim.action(), false, null, 0);
  }
}
