// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionContext;
import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The writer that a session is given. Any thread: on the loop a call takes effect at once, unless
 * operations of other threads wait in the {@link Handoff}, which then go first; from elsewhere it
 * goes through the hand-off.
 */
final class ConnectionWriter implements EndingWriter {

  private final StreamConnection connection;
  private final ConnId id;
  private final EventLoop loop;
  private final boolean plaintext;
  private final Handoff handoff;

  // Once somebody has asked for a close, input is dropped and writes are refused.
  private final CloseCause cause = new CloseCause();

  // Set on the loop before the connection serves; read by writers on any thread.
  private volatile @Nullable OutboundPath output;

  // Set by the session on any thread: it has ended its sending side.
  private volatile boolean outputShut;

  ConnectionWriter(StreamConnection connection, EventLoop loop) {
    this.connection = connection;
    this.id = connection.id();
    this.loop = loop;
    this.plaintext = connection.bridge().options().tls() == null;
    this.handoff = new Handoff(loop, connection::flushNow);
  }

  /** On the loop: the channel is there. */
  void open(OutboundPath path) {
    output = path;
  }

  /** On the loop: the channel is gone; what other threads hand over from now on is refused. */
  void close() {
    handoff.close();
  }

  @Override
  public CloseCause cause() {
    return cause;
  }

  /** Null until the channel is there; any thread. */
  @Nullable OutboundPath output() {
    return output;
  }

  @Override
  public boolean writeOutbound(ConnId to, ByteBuf data) {
    return write(to, data, null);
  }

  @Override
  public boolean writeOutbound(ConnId to, ByteBuf data, WriteCompletion completion) {
    return write(to, data, Objects.requireNonNull(completion));
  }

  private boolean write(ConnId to, ByteBuf data, @Nullable WriteCompletion completion) {
    OutboundPath path = output;
    if (to.value() != id.value() || path == null || refusesWrites()) {
      data.release();
      return false;
    }
    Ending tooMuch = path.reserve(data.readableBytes());
    if (tooMuch != null) {
      data.release();
      abort(tooMuch);
      return false;
    }
    if (loop.inEventLoop()) {
      if (handoff.waiting()) {
        handoff.drain();
      }
      writeOnLoop(path, data, completion);
      connection.scheduleFlush();
      return true;
    }
    return push(path, data, completion);
  }

  private boolean push(OutboundPath path, ByteBuf data, @Nullable WriteCompletion completion) {
    int bytes = data.readableBytes();
    boolean pushed =
        handoff.push(
            new Handoff.Operation() {
              @Override
              void run() {
                writeOnLoop(path, data, completion);
              }
            });
    if (!pushed) {
      path.takeBack(bytes);
      data.release();
    }
    return pushed;
  }

  private void writeOnLoop(OutboundPath path, ByteBuf data, @Nullable WriteCompletion completion) {
    if (connection.gone() || connection.closing().begun()) {
      path.refuse(data, completion);
    } else {
      path.write(data, completion);
    }
  }

  @Override
  public boolean isWritable(ConnId of) {
    OutboundPath path = output;
    return of.value() == id.value() && path != null && !refusesWrites() && path.belowMark();
  }

  private boolean refusesWrites() {
    return cause.requested() || connection.gone() || outputShut;
  }

  @Override
  public void closeSocket(ConnId of, CloseReason reason) {
    if (of.value() == id.value()) {
      close(cause.ofSession(reason, connection.inputEnded()));
    }
  }

  @Override
  public void close(Ending wanted) {
    if (cause.request(wanted)) {
      onLoop(() -> connection.closing().begin());
    }
  }

  @Override
  public void abort(ConnId of, CloseReason reason) {
    if (of.value() == id.value()) {
      abort(Ending.of(reason));
    }
  }

  @Override
  public void abort(Ending wanted) {
    if (!connection.gone()) {
      cause.force(wanted);
      onLoop(() -> connection.closing().reset());
    }
  }

  @Override
  public boolean shutdownOutput(ConnId of) {
    if (of.value() != id.value() || !plaintext || refusesWrites()) {
      return false;
    }
    outputShut = true;
    onLoop(() -> connection.closing().shutdownOutput());
    return true;
  }

  @Override
  public void pauseReads(ConnId of) {
    if (of.value() == id.value()) {
      onLoop(() -> connection.gate().pause(InboundGate.SESSION));
    }
  }

  @Override
  public void resumeReads(ConnId of) {
    if (of.value() == id.value()) {
      onLoop(() -> connection.gate().resume(InboundGate.SESSION));
    }
  }

  @Override
  public void hold(ConnId of, int bytes) {
    if (of.value() == id.value() && bytes > 0 && !connection.gone()) {
      connection.gate().hold(bytes);
    }
  }

  @Override
  public void consumed(ConnId of, int bytes) {
    if (of.value() == id.value() && bytes > 0) {
      connection.gate().consumed(bytes);
    }
  }

  @Override
  public SessionContext context(ConnId of) {
    if (of.value() != id.value()) {
      throw new IllegalArgumentException("this is connection " + id + ", not " + of);
    }
    return connection.calls().context();
  }

  /** In the order of the writes. */
  private void onLoop(Runnable action) {
    if (loop.inEventLoop()) {
      if (handoff.waiting()) {
        handoff.drain();
      }
      action.run();
    } else {
      handoff.push(
          new Handoff.Operation() {
            @Override
            void run() {
              action.run();
            }
          });
    }
  }
}
