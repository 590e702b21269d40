// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** A connection's writer: checks the id and notes misuse; {@link Outbound} does the rest. */
final class InMemorySessionWriter implements SessionWriter {

  private final InMemorySessionContext context;
  private final Outbound outbound;
  private final Inbound inbound;
  private final DeterministicExecutor executor;
  private final Violations violations;

  /** Volatile: a session may close from any thread. */
  private volatile boolean closeAsked;

  /** Volatile: told in the session's order, asked from any thread. */
  private volatile boolean closeTold;

  InMemorySessionWriter(
      InMemorySessionContext context,
      Outbound outbound,
      Inbound inbound,
      DeterministicExecutor executor,
      Violations violations) {
    this.context = context;
    this.outbound = outbound;
    this.inbound = inbound;
    this.executor = executor;
    this.violations = violations;
  }

  boolean closeAsked() {
    return closeAsked;
  }

  void closeTold() {
    closeTold = true;
  }

  @Override
  public boolean writeOutbound(ConnId id, ByteBuf data) {
    return write(id, data, null);
  }

  @Override
  public boolean writeOutbound(ConnId id, ByteBuf data, WriteCompletion completion) {
    return write(id, data, completion);
  }

  private boolean write(ConnId id, ByteBuf data, @Nullable WriteCompletion completion) {
    if (!mine(id)) {
      data.release();
      return false;
    }
    // Another thread can't know in time that the connection is closing; the session itself can.
    if ((closeAsked || closeTold) && executor.inEventLoop(Thread.currentThread())) {
      violations.add(
          "a write of "
              + data.readableBytes()
              + " bytes after "
              + (closeTold ? "connectionClosed" : "the session asked for the close"));
    }
    return outbound.write(data, completion);
  }

  @Override
  public boolean isWritable(ConnId id) {
    return mine(id) && outbound.writable();
  }

  @Override
  public void closeSocket(ConnId id, CloseReason reason) {
    if (mine(id)) {
      closeAsked = true;
      outbound.close(reason);
    }
  }

  @Override
  public void abort(ConnId id, CloseReason reason) {
    if (mine(id)) {
      closeAsked = true;
      outbound.abort(reason);
    }
  }

  @Override
  public boolean shutdownOutput(ConnId id) {
    return mine(id) && context.canShutdownOutput() && outbound.shutdown();
  }

  @Override
  public void pauseReads(ConnId id) {
    if (mine(id)) {
      inbound.pause(true);
    }
  }

  @Override
  public void resumeReads(ConnId id) {
    if (mine(id)) {
      inbound.pause(false);
    }
  }

  @Override
  public void hold(ConnId id, int bytes) {
    if (mine(id)) {
      inbound.hold(bytes);
    }
  }

  @Override
  public void consumed(ConnId id, int bytes) {
    if (mine(id)) {
      inbound.consumed(bytes);
    }
  }

  @Override
  public SessionContext context(ConnId id) {
    if (!mine(id)) {
      throw new IllegalArgumentException("connection " + context.id() + " was asked for " + id);
    }
    return context;
  }

  private boolean mine(ConnId id) {
    boolean mine = context.id().equals(id);
    if (!mine) {
      violations.add("connection " + context.id() + " was used with the id " + id);
    }
    return mine;
  }
}
