// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.relay;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.outbound.ClientSessionFactory;
import dev.sluice.api.outbound.OutboundException;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One of the two connections of a relay; they live on the same event loop, so that bytes go from
 * one to the other without a change of threads. What one can't send holds the other's peer back.
 */
final class RelaySide implements Session {

  private final ConnId id;
  private final SessionWriter writer;
  private final SessionContext context;

  /** The other side; null before it stands, and after its end. */
  private @Nullable RelaySide other;

  /** What has come before the other side stood; its peer is not read from meanwhile. */
  private final ArrayDeque<ByteBuf> early = new ArrayDeque<>(2);

  private boolean inputEnded;
  private boolean outputEnded;
  private boolean closed;

  RelaySide(ConnId id, SessionWriter writer) {
    this.id = id;
    this.writer = writer;
    this.context = writer.context(id);
  }

  void connect(Destination to) {
    writer.pauseReads(id);
    context
        .outbound()
        .connect(
            to.outboundTarget(),
            to.options(),
            ClientSessionFactory.of("RELAY", Execution.EVENT_LOOP, this::connected))
        .whenComplete(
            (made, failure) ->
                OutboundException.in(failure)
                    .ifPresent(why -> context.execute(() -> notConnected(why))));
  }

  private RelaySide connected(ConnId farId, SessionWriter farWriter) {
    RelaySide far = new RelaySide(farId, farWriter);
    if (closed) {
      farWriter.closeSocket(farId);
      return far;
    }
    far.other = this;
    other = far;
    ByteBuf data;
    while ((data = early.poll()) != null) {
      writer.consumed(id, data.readableBytes());
      far.write(data);
    }
    if (inputEnded) {
      far.endOutput();
    }
    if (farWriter.isWritable(farId)) {
      writer.resumeReads(id);
    }
    return far;
  }

  /** The client sees a connection that breaks off, the operator the reason. */
  private void notConnected(OutboundException why) {
    String kind = why.kind().name().toLowerCase(Locale.ROOT);
    context.count("relay_" + kind);
    context.note(String.valueOf(why.getMessage()));
    writer.abort(id, CloseReason.of("relay_" + kind));
  }

  // ---- bytes

  @Override
  public void handleIncomingData(ByteBuf data) {
    RelaySide to = other;
    if (to != null) {
      to.write(data.retainedSlice());
      if (!to.writer.isWritable(to.id)) {
        writer.pauseReads(id);
      }
    } else if (!closed) {
      writer.hold(id, data.readableBytes());
      early.add(data.retainedSlice());
    }
  }

  private void write(ByteBuf data) {
    boolean unused = writer.writeOutbound(id, data);
  }

  @Override
  public void writabilityChanged(boolean writable) {
    RelaySide from = other;
    if (from != null && writable) {
      from.writer.resumeReads(from.id);
    } else if (from != null) {
      from.writer.pauseReads(from.id);
    }
  }

  /** Bytes from elsewhere would fall between those of the other side. */
  @Override
  public boolean sendData(ByteBuf data) {
    return false;
  }

  // ---- ends

  /** The other direction goes on. */
  @Override
  public void inputClosed() {
    inputEnded = true;
    RelaySide to = other;
    if (to != null) {
      to.endOutput();
    }
    closeIfDone();
  }

  /** Under TLS half an end can't be told, so that it is one of both directions. */
  private void endOutput() {
    outputEnded = true;
    if (!writer.shutdownOutput(id)) {
      writer.closeSocket(id);
    }
    closeIfDone();
  }

  private void closeIfDone() {
    if (inputEnded && outputEnded) {
      writer.closeSocket(id);
    }
  }

  /** A relay does not see where a conversation ends: it goes on until the node's deadline. */
  @Override
  public void drainRequested(Duration deadline) {}

  @Override
  public void closeSession() {
    writer.closeSocket(id);
  }

  /** An orderly end is passed on behind the bytes before it, any other as what it is. */
  @Override
  public void connectionClosed(CloseReason reason) {
    closed = true;
    ByteBuf data;
    while ((data = early.poll()) != null) {
      data.release();
    }
    RelaySide left = other;
    other = null;
    if (left == null) {
      return;
    }
    left.other = null;
    boolean orderly =
        reason.equals(CloseReason.PEER_CLOSED) || reason.equals(CloseReason.SESSION_CLOSED);
    if (orderly) {
      left.writer.closeSocket(left.id);
    } else {
      left.context.note("the other side: " + reason.code());
      left.writer.abort(left.id, CloseReason.of("relay_broken"));
    }
  }
}
