// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.session.bridge.Ending;
import dev.sluice.session.bridge.Protocol;
import io.netty.buffer.ByteBuf;
import io.netty.util.IllegalReferenceCountException;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks on at the session of one connection: what it is called with, what it asks for, and which of
 * that breaks the contract. Everything is passed on as it is; the engine decides.
 */
final class Observer {

  /** Bytes around the data in its buffer, which are none of the session's business. */
  private static final int MARGIN = 3;

  private static final int GARBAGE = 0xDB;

  private final CallWatch calls;
  private final BooleanSupplier driving;
  private final TrackingAllocator allocator;
  private final Violations violations = new Violations();
  private final Written written = new Written(violations);
  private final Overrun overrun = new Overrun();

  // All volatile: set within calls, read by tests on any thread.
  private volatile @Nullable ObservedWriter writer;
  private volatile @Nullable CloseReason told;
  private volatile @Nullable String note;
  private volatile boolean closeAsked;
  private volatile boolean taken;
  private volatile boolean fromOutside;

  /** What asks the session to end without bytes; it is not bothered with them. */
  private volatile @Nullable ByteBuf nothing;

  // Of the executor's tasks.
  private int buffers;

  // Set before the first call.
  private boolean onLoop;
  private boolean outbound;

  /**
   * @param calls of the thread that sessions run on
   * @param driving whether the calling thread is one of them
   * @param trails whether to write down who keeps a buffer
   */
  Observer(CallWatch calls, BooleanSupplier driving, boolean trails) {
    this.calls = calls;
    this.driving = driving;
    this.allocator = new TrackingAllocator(trails);
  }

  /** The same protocol, with sessions that are looked at. */
  Protocol observe(Protocol protocol) {
    onLoop = protocol.execution() == Execution.EVENT_LOOP;
    return protocol.madeBy(new ObservedProtocol(protocol.subsystem(), this));
  }

  /** A session has asked for the connection, and may pass on what comes by it. */
  Observer outbound() {
    outbound = true;
    return this;
  }

  TrackingAllocator allocator() {
    return allocator;
  }

  Violations violations() {
    return violations;
  }

  Written written() {
    return written;
  }

  Overrun overrun() {
    return overrun;
  }

  // ---- what comes to the session

  /** Bytes as they come: direct and on the heap in turns, and never at the buffer's begin. */
  ByteBuf arriving(byte[] bytes) {
    int capacity = bytes.length + 2 * MARGIN;
    ByteBuf data =
        buffers++ % 2 == 0 ? allocator.heapBuffer(capacity) : allocator.directBuffer(capacity);
    fill(data);
    return data.setIndex(MARGIN, MARGIN).writeBytes(bytes);
  }

  // ---- what the session does

  /** In place of its writer; before the session is made. */
  SessionWriter writing(ConnId id, SessionWriter of) {
    ObservedWriter observed = new ObservedWriter(id, of, this);
    writer = observed;
    return observed;
  }

  /** What is thrown is noted, and goes on to the engine. */
  void call(String what, Runnable call) {
    CallWatch.Call watched = calls.begin(what, this, onLoop);
    try {
      call.run();
    } catch (Throwable thrown) {
      violations.threw(what, thrown);
      throw thrown;
    } finally {
      calls.end(watched);
    }
  }

  /** A call with a buffer that is ruined afterwards, unless somebody has retained it. */
  void lend(String what, ByteBuf data, Runnable call) {
    int before = data.refCnt();
    try {
      call(what, call);
    } finally {
      int after = data.refCnt();
      if (after < before) {
        violations.add(what + ": a borrowed buffer was released by the session");
      } else if (after == before) {
        fill(data);
      }
    }
  }

  private static void fill(ByteBuf data) {
    for (int index = 0; index < data.capacity(); index++) {
      data.setByte(index, GARBAGE);
    }
  }

  void askedForTheClose() {
    closeAsked = true;
  }

  /** Another thread can't know in time that the connection is closing; the session itself can. */
  void checkWrite(ByteBuf data) {
    @Nullable Observer caller = calls.caller();
    boolean foreign = caller != null && caller != this;
    if (caller != null && caller != this && apartFrom(caller)) {
      violations.add(
          "the session of another connection has written here: sessions share nothing unless"
              + " parties() says so");
    }
    boolean ended = told != null;
    // What is shared may hear of the end by connectionClosed only.
    boolean late = ended || (closeAsked && !foreign && !fromOutside);
    if (late && driving.getAsBoolean()) {
      violations.add(
          "a write of "
              + data.readableBytes()
              + " bytes after "
              + (ended ? "connectionClosed" : "the session asked for the close"));
    }
  }

  /** What one of the two has connected to may well be passed on to the other. */
  private boolean apartFrom(Observer caller) {
    return calls.apart() && !outbound && !caller.outbound;
  }

  /** Reads what was written on its way out. False: its memory is not all there any more. */
  boolean reads(ByteBuf data, byte[] into) {
    try {
      data.readBytes(into);
      return true;
    } catch (IllegalReferenceCountException | IndexOutOfBoundsException broken) {
      violations.add("a buffer was released or read after it was written");
      return false;
    }
  }

  /** For a buffer that, or a part of which, somebody may have released already. */
  static void release(ByteBuf data) {
    try {
      data.release();
    } catch (IllegalReferenceCountException released) {
      // Whose fault it is was noted where it was read.
    }
  }

  void note(String text) {
    note = Ending.bounded(text);
  }

  /** Behind the last call. */
  void told(CloseReason reason) {
    told = reason;
  }

  // ---- bytes from outside

  /** The next bytes of this buffer are none: the session is only asked to end. */
  void asksWith(ByteBuf empty) {
    nothing = empty;
  }

  @SuppressWarnings("ReferenceEquality") // This very buffer, not one with the same bytes.
  boolean onlyAsks(ByteBuf data) {
    return data == nothing;
  }

  /** The session may learn by the refusal of a write that it closes: its answer is a no as well. */
  void fromOutside(boolean comes) {
    fromOutside = comes;
  }

  void expectAnswer() {
    taken = false;
  }

  void answered(boolean took) {
    taken = took;
  }

  /** What the session said to the last bytes from outside. */
  boolean taken() {
    return taken;
  }

  // ---- getters

  boolean closeAsked() {
    return closeAsked;
  }

  @Nullable CloseReason told() {
    return told;
  }

  @Nullable String note() {
    return note;
  }

  ObservedWriter writer() {
    ObservedWriter made = writer;
    if (made == null) {
      throw new IllegalStateException("no session yet");
    }
    return made;
  }

  /** Makes one session that is looked at; everything else was asked before. */
  private static final class ObservedProtocol implements CustomProtocolSubsystem {
    private final CustomProtocolSubsystem protocol;

    // Null once the session is made: the engine keeps a protocol longer than its connection.
    private @Nullable Observer observer;

    ObservedProtocol(CustomProtocolSubsystem protocol, Observer observer) {
      this.protocol = protocol;
      this.observer = observer;
    }

    @Override
    public String name() {
      return protocol.name();
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return make("create", id, writer, protocol::create);
    }

    @Override
    public Session createCapped(ConnId id, SessionWriter writer) {
      return make("createCapped", id, writer, protocol::createCapped);
    }

    private Session make(
        String what,
        ConnId id,
        SessionWriter writer,
        BiFunction<ConnId, SessionWriter, @Nullable Session> maker) {
      Observer by = Objects.requireNonNull(observer, "never a second session for a connection");
      observer = null;
      @Nullable Session[] made = {null};
      by.call(what, () -> made[0] = maker.apply(id, by.writing(id, writer)));
      Session session = made[0];
      if (session == null) {
        by.violations.add(what + " answered null");
        return noSession();
      }
      return new ObservedSession(session, by);
    }

    /** The engine has an answer to that, too. */
    @SuppressWarnings("NullAway") // What a protocol may do against the contract.
    private static Session noSession() {
      return null;
    }
  }
}
