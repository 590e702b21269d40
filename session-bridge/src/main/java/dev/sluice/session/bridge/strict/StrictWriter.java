// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge.strict;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.ScheduledTask;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Passes on what a session asks for, and looks at it. Any thread. */
final class StrictWriter implements SessionWriter {

  private final Contract contract;
  private final ConnId id;
  private final SessionWriter writer;

  // Made on the first question, on any thread; always the same then.
  private @Nullable SessionContext context;

  StrictWriter(Contract contract, ConnId id, SessionWriter writer) {
    this.contract = contract;
    this.id = id;
    this.writer = writer;
  }

  @Override
  public boolean writeOutbound(ConnId to, ByteBuf data) {
    checkWrite(to, data);
    return writer.writeOutbound(to, data);
  }

  @Override
  public boolean writeOutbound(ConnId to, ByteBuf data, WriteCompletion completion) {
    checkWrite(to, data);
    return writer.writeOutbound(
        to,
        data,
        written -> contract.call("a write's completion", () -> completion.complete(written)));
  }

  private void checkWrite(ConnId to, ByteBuf data) {
    if (to.equals(id)) {
      contract.checkWrite(data);
    } else {
      contract.checkId(to);
    }
  }

  @Override
  public boolean isWritable(ConnId of) {
    contract.checkId(of);
    return writer.isWritable(of);
  }

  @Override
  public void closeSocket(ConnId of) {
    asksForTheClose(of, CloseReason.SESSION_CLOSED);
    writer.closeSocket(of);
  }

  @Override
  public void closeSocket(ConnId of, CloseReason reason) {
    asksForTheClose(of, reason);
    writer.closeSocket(of, reason);
  }

  @Override
  public void abort(ConnId of, CloseReason reason) {
    asksForTheClose(of, reason);
    writer.abort(of, reason);
  }

  private void asksForTheClose(ConnId of, CloseReason reason) {
    contract.checkId(of);
    if (of.equals(id)) {
      contract.askedForTheClose(reason);
    }
  }

  @Override
  public boolean shutdownOutput(ConnId of) {
    contract.checkId(of);
    return writer.shutdownOutput(of);
  }

  @Override
  public void pauseReads(ConnId of) {
    contract.checkId(of);
    writer.pauseReads(of);
  }

  @Override
  public void resumeReads(ConnId of) {
    contract.checkId(of);
    writer.resumeReads(of);
  }

  @Override
  public void hold(ConnId of, int bytes) {
    contract.checkId(of);
    contract.held(bytes);
    writer.hold(of, bytes);
  }

  @Override
  public void consumed(ConnId of, int bytes) {
    contract.checkId(of);
    contract.held(-bytes);
    writer.consumed(of, bytes);
  }

  @Override
  public long promisesInput(ConnId of, long bytes) {
    contract.checkId(of);
    return writer.promisesInput(of, bytes);
  }

  @Override
  public long keepsOutput(ConnId of, long bytes) {
    contract.checkId(of);
    return writer.keepsOutput(of, bytes);
  }

  @Override
  public long wantsRoom(ConnId of, long room) {
    contract.checkId(of);
    return writer.wantsRoom(of, room);
  }

  @Override
  public SessionContext context(ConnId of) {
    contract.checkId(of);
    return of.equals(id) ? own(writer.context(of)) : writer.context(of);
  }

  private synchronized SessionContext own(SessionContext real) {
    if (context == null) {
      context = new StrictContext(real);
    }
    return context;
  }

  @Override
  public String toString() {
    return writer.toString();
  }

  private final class StrictContext extends ForwardingContext {
    StrictContext(SessionContext context) {
      super(context);
    }

    @Override
    public boolean execute(Runnable task) {
      contract.checkTask();
      return context.execute(() -> contract.call("a task", task));
    }

    @Override
    public ScheduledTask schedule(Duration delay, Runnable task) {
      contract.checkTask();
      return context.schedule(delay, () -> contract.call("a task", task));
    }
  }
}
