// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.ScheduledTask;
import dev.sluice.api.Session;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import java.time.Duration;
import java.util.ArrayDeque;

/** A session that does what chance tells it, and knows what it must be told. */
// Buffers are compared as objects: one is not another with the same bytes.
@SuppressWarnings("ReferenceEquality")
final class SimSession implements Session {

  private static final ConnId OTHER = ConnId.of(1_000_000);

  private final Simulation sim;
  private final SimConnection connection;
  private final SessionWriter writer;
  private final ConnId id;
  private final boolean datagrams;

  /** In one of so many calls it does something of its own. */
  private final int calm;

  /** Does what the node asks for, as most sessions. */
  private final boolean obedient;

  private final ArrayDeque<ByteBuf> kept = new ArrayDeque<>();
  private ByteBuf echoed;
  private ScheduledTask timer;
  private long received;
  private boolean toldWritable = true;
  private boolean inputClosed;

  private static final class Mishap extends RuntimeException {
    private static final long serialVersionUID = 1;

    Mishap() {
      super("mishap", null, false, false);
    }
  }

  private static final class Disaster extends Error {
    private static final long serialVersionUID = 1;

    Disaster() {
      super("disaster", null, false, false);
    }
  }

  SimSession(SimConnection connection, SessionWriter writer) {
    this.sim = connection.sim;
    this.connection = connection;
    this.writer = writer;
    this.id = connection.id();
    this.datagrams = connection.bridge().transport() == Transport.UDP;
    this.calm = 1 + sim.choices().below(6);
    this.obedient = !sim.choices().oneIn(3);
  }

  private void hear(String what, Runnable body) {
    connection.call(
        what,
        () -> {
          if (connection.closedHeard) {
            sim.fail(connection + ": " + what + " behind the end");
          }
          body.run();
        });
  }

  // ---- what it hears

  @Override
  public void handleIncomingData(ByteBuf data) {
    if (connection.bridge().closeRequested()) {
      sim.fail(connection + ": input behind a close");
    }
    hear(
        "data",
        () -> {
          int bytes = data.readableBytes();
          if (bytes == 0 && !datagrams) {
            sim.fail(connection + ": empty input");
          }
          if (inputClosed) {
            sim.fail(connection + ": input behind its end");
          }
          int pattern = connectionInput(data, bytes);
          act(data, pattern);
        });
  }

  private int connectionInput(ByteBuf data, int bytes) {
    if (datagrams) {
      ((SimPeer) connection).heard(data);
      return 0;
    }
    int pattern = (int) (received % SimConnection.PERIOD);
    if (!SimConnection.looksLike(data, data.readerIndex(), bytes, pattern)) {
      sim.fail(connection + ": other input than was sent, at " + received);
    }
    received += bytes;
    if (received > ((SimWire) connection).read()) {
      sim.fail(connection + ": more input than was read");
    }
    return pattern;
  }

  @Override
  public boolean sendData(ByteBuf data) {
    hear("reply", () -> act(data, 0));
    return true;
  }

  @Override
  public void closeSession() {
    hear(
        "closeSession",
        () -> {
          if (obedient) {
            writer.closeSocket(id);
          }
          act(null, 0);
        });
  }

  @Override
  public void incomingComplete() {
    hear("incomingComplete", () -> act(null, 0));
  }

  @Override
  public void inputClosed() {
    hear(
        "inputClosed",
        () -> {
          inputClosed = true;
          if (received != ((SimWire) connection).sentByPeer()) {
            sim.fail(connection + ": its input ended at " + received);
          }
          if (obedient) {
            writer.closeSocket(id);
          }
          act(null, 0);
        });
  }

  @Override
  public void drainRequested(Duration deadline) {
    hear(
        "drain",
        () -> {
          if (obedient) {
            writer.closeSocket(id);
          }
          act(null, 0);
        });
  }

  @Override
  public void writabilityChanged(boolean writable) {
    hear(
        "writable: " + writable,
        () -> {
          if (!writable && !toldWritable) {
            sim.fail(connection + ": told twice that it is not writable");
          }
          toldWritable = writable;
          connection.tellingUnwritable = !writable;
          try {
            act(null, 0);
          } finally {
            connection.tellingUnwritable = false;
          }
        });
  }

  @Override
  public void connectionClosed(CloseReason reason) {
    hear(
        "closed: " + reason,
        () -> {
          connection.closedHeard = true;
          if (reason.equals(CloseReason.HARD_CAP) || reason.equals(CloseReason.INTERNAL_ERROR)) {
            if (!sim.wiresThrow() && !datagrams) {
              sim.fail(connection + ": closed for " + reason);
            }
          }
          if (!datagrams
              && reason.equals(CloseReason.PEER_CLOSED)
              && !connection.bridge().closeRequested()
              && received != ((SimWire) connection).sentByPeer()) {
            sim.fail(connection + ": " + reason + " after " + received + " bytes of its input");
          }
          freeKept();
          act(null, 0);
        });
    if (!connection.closedHeard) {
      sim.fail(connection + ": closed, and not heard");
    }
  }

  /** Nothing is under way. */
  void checkAtRest() {
    boolean writable = writer.isWritable(id);
    if (!datagrams && toldWritable != writable && !connection.bridge().refusesWrites()) {
      sim.fail(connection + ": told writable " + toldWritable + ", is " + writable);
    }
    if (datagrams && !toldWritable && writable) {
      sim.fail(connection + ": never told that it may write again");
    }
    if (!datagrams && received != ((SimWire) connection).read()) {
      sim.fail(connection + ": has " + received + " of " + ((SimWire) connection).read());
    }
  }

  // ---- what it does

  /** From within a call. */
  void act(ByteBuf borrowed, int pattern) {
    if (!sim.choices().oneIn(calm)) {
      return;
    }
    for (int times = 1 + sim.choices().below(3); times > 0; times--) {
      use(sim.action(), true, borrowed, pattern);
    }
  }

  void use(SimAction action, boolean inOrder, ByteBuf borrowed, int pattern) {
    if (sim.tracing() && action != SimAction.NOTHING) {
      sim.trace(connection + " does " + action + (inOrder ? "" : " on " + sim.current()));
    }
    switch (action) {
      case NOTHING -> {}
      case WRITE -> write(size(), inOrder, false);
      case WRITE_TOLD -> write(size(), inOrder, true);
      case WRITE_MUCH -> {
        boolean more = true;
        for (int left = 4; left > 0 && more; left--) {
          more = write(sim.scale(), inOrder, true);
        }
      }
      case WRITE_EMPTY -> write(0, inOrder, true);
      case WRITE_COMPOSITE -> writeComposite(inOrder);
      case ECHO -> {
        if (borrowed != null && borrowed != echoed && borrowed.refCnt() > 0) {
          // Once given away, its index is the bridge's.
          ByteBuf echo = borrowed;
          if (sim.choices().oneIn(2)) {
            echo = borrowed.retainedDuplicate();
          } else {
            echo.retain();
            echoed = borrowed;
          }
          connection.write(echo, pattern, inOrder, sim.choices().oneIn(2));
        }
      }
      case CLOSE -> writer.closeSocket(id);
      case ABORT -> writer.abort(id, CloseReason.SESSION_ABORTED);
      case PAUSE -> writer.pauseReads(id);
      case RESUME -> writer.resumeReads(id);
      case SHUTDOWN -> writer.shutdownOutput(id);
      case HOLD -> hold(sim.choices().below(sim.scale()));
      case HOLD_HUGE -> hold(Integer.MAX_VALUE);
      case CONSUME -> consume(sim.choices().below(sim.scale()));
      case EXECUTE, SCHEDULE, CANCEL, BUSY, AT_REST, ASK, VERIFY_PEER -> useContext(action);
      default -> misbehave(action, inOrder, borrowed);
    }
  }

  private int size() {
    return 1 + sim.choices().below(sim.choices().oneIn(4) ? sim.scale() : 50);
  }

  private boolean write(int size, boolean inOrder, boolean told) {
    int pattern = connection.nextPattern();
    return connection.write(connection.content(pattern, size), pattern, inOrder, told);
  }

  private void writeComposite(boolean inOrder) {
    int pattern = connection.nextPattern();
    CompositeByteBuf whole = sim.allocator().compositeBuffer(16);
    int at = pattern;
    for (int parts = sim.choices().below(4); parts > 0; parts--) {
      int size = 1 + sim.choices().below(sim.scale() / 2);
      whole.addComponent(true, connection.content(at, size));
      at = (at + size) % SimConnection.PERIOD;
    }
    if (whole.isReadable() && sim.choices().oneIn(3)) {
      int skipped = sim.choices().below(whole.readableBytes());
      whole.skipBytes(skipped);
      pattern = (pattern + skipped) % SimConnection.PERIOD;
    }
    connection.write(whole, pattern, inOrder, sim.choices().oneIn(2));
  }

  private void hold(int bytes) {
    if (bytes > 0 && !connection.bridge().gone()) {
      connection.held += bytes;
    }
    writer.hold(id, bytes);
  }

  private void consume(int bytes) {
    connection.held -= Math.min(connection.held, bytes);
    writer.consumed(id, bytes);
  }

  private void useContext(SimAction action) {
    SessionContext context = writer.context(id);
    switch (action) {
      case EXECUTE -> context.execute(() -> hear("task", () -> act(null, 0)));
      case SCHEDULE ->
          timer =
              context.schedule(
                  Duration.ofMillis(sim.choices().below(3000)),
                  () -> hear("timer", () -> act(null, 0)));
      case CANCEL -> {
        if (timer != null) {
          timer.cancel();
        }
      }
      case BUSY -> context.busy(true);
      case AT_REST -> context.busy(false);
      case VERIFY_PEER -> context.peerVerified();
      default -> {
        // Nothing may fail, and nothing come of it.
        context.note(id.toString());
        context.count("asked");
        writer.isWritable(id);
        writer.isWritable(OTHER);
        ConnectionReport.view(connection.bridge());
      }
    }
  }

  private void misbehave(SimAction action, boolean inOrder, ByteBuf borrowed) {
    switch (action) {
      case THROW, THROW_ERROR -> fail(action, inOrder);
      case WRITE_FREED -> {
        ByteBuf freed = connection.content(0, 10);
        freed.release();
        connection.write(freed, 0, inOrder, true);
      }
      case RELEASE_WRITTEN -> {
        int pattern = connection.nextPattern();
        ByteBuf data = connection.content(pattern, size());
        connection.poisoned = true;
        if (connection.write(data, pattern, inOrder, true)) {
          Buffers.release(data);
        }
      }
      case RELEASE_BORROWED -> {
        if (borrowed != null && borrowed.refCnt() > 0) {
          // What was echoed before may be freed by it.
          connection.poisoned = true;
          borrowed.release();
        }
      }
      case KEEP -> {
        if (borrowed != null && borrowed.refCnt() > 0 && !connection.closedHeard) {
          kept.add(borrowed.retain());
        }
      }
      case FREE_KEPT -> freeKept();
      case LEAK -> {
        if (borrowed != null && borrowed.refCnt() > 0) {
          sim.leaked(borrowed.retain());
        }
      }
      case WRITE_TO_OTHER -> {
        if (writer.writeOutbound(OTHER, connection.content(0, 5))) {
          sim.fail(connection + ": wrote to another connection");
        }
      }
      default -> throw new AssertionError(action);
    }
  }

  /** From elsewhere it would be the caller's own failure. */
  private static void fail(SimAction action, boolean inOrder) {
    if (inOrder && action == SimAction.THROW) {
      throw new Mishap();
    } else if (inOrder) {
      throw new Disaster();
    }
  }

  private void freeKept() {
    ByteBuf own;
    while ((own = kept.poll()) != null) {
      Buffers.release(own);
    }
  }
}
