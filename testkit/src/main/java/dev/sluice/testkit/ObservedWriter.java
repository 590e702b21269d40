// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Passes on to the engine's writer what a session asks for, and tells the observer. Any thread. */
final class ObservedWriter implements SessionWriter {

  private final ConnId id;
  private final SessionWriter writer;
  private final Observer observer;

  // Made on the first question, on any thread; always the same then.
  private @Nullable ObservedContext context;

  ObservedWriter(ConnId id, SessionWriter writer, Observer observer) {
    this.id = id;
    this.writer = writer;
    this.observer = observer;
  }

  @Override
  public boolean writeOutbound(ConnId to, ByteBuf data) {
    return write(to, data, null);
  }

  @Override
  public boolean writeOutbound(ConnId to, ByteBuf data, WriteCompletion completion) {
    Objects.requireNonNull(completion);
    return write(
        to,
        data,
        written -> observer.call("a write's completion", () -> completion.complete(written)));
  }

  private boolean write(ConnId to, ByteBuf data, @Nullable WriteCompletion completion) {
    if (!mine(to)) {
      return pass(to, data, completion);
    }
    observer.checkWrite(data);
    Written written = observer.written();
    synchronized (written) {
      Written.@Nullable Write write = written.add(data);
      boolean writable = writer.isWritable(to);
      boolean let = pass(to, data, completion);
      if (write != null) {
        if (let) {
          observer.overrun().wrote(write.length(), writable, writer.isWritable(to));
        } else {
          written.takeBack(write);
        }
      }
      return let;
    }
  }

  private boolean pass(ConnId to, ByteBuf data, @Nullable WriteCompletion completion) {
    return completion == null
        ? writer.writeOutbound(to, data)
        : writer.writeOutbound(to, data, completion);
  }

  @Override
  public boolean isWritable(ConnId of) {
    mine(of);
    return writer.isWritable(of);
  }

  @Override
  public void closeSocket(ConnId of) {
    asksForTheClose(of);
    writer.closeSocket(of);
  }

  @Override
  public void closeSocket(ConnId of, CloseReason reason) {
    asksForTheClose(of);
    writer.closeSocket(of, reason);
  }

  @Override
  public void abort(ConnId of, CloseReason reason) {
    asksForTheClose(of);
    writer.abort(of, reason);
  }

  private void asksForTheClose(ConnId of) {
    if (mine(of)) {
      observer.askedForTheClose();
    }
  }

  @Override
  public boolean shutdownOutput(ConnId of) {
    mine(of);
    return writer.shutdownOutput(of);
  }

  @Override
  public void pauseReads(ConnId of) {
    mine(of);
    writer.pauseReads(of);
  }

  @Override
  public void resumeReads(ConnId of) {
    mine(of);
    writer.resumeReads(of);
  }

  @Override
  public void hold(ConnId of, int bytes) {
    mine(of);
    notNegative("hold", bytes);
    writer.hold(of, bytes);
  }

  @Override
  public void consumed(ConnId of, int bytes) {
    mine(of);
    notNegative("consumed", bytes);
    writer.consumed(of, bytes);
  }

  @Override
  public long promisesInput(ConnId of, long bytes) {
    mine(of);
    notNegative("promisesInput", bytes);
    return writer.promisesInput(of, bytes);
  }

  @Override
  public long keepsOutput(ConnId of, long bytes) {
    mine(of);
    notNegative("keepsOutput", bytes);
    return writer.keepsOutput(of, bytes);
  }

  @Override
  public long wantsRoom(ConnId of, long room) {
    mine(of);
    return writer.wantsRoom(of, room);
  }

  private void notNegative(String what, long bytes) {
    if (bytes < 0) {
      observer.violations().add(what + " of a negative number of bytes: " + bytes);
    }
  }

  @Override
  public SessionContext context(ConnId of) {
    mine(of);
    return observed(writer.context(of));
  }

  private synchronized SessionContext observed(SessionContext real) {
    if (context == null) {
      context = new ObservedContext(real, observer);
    }
    return context;
  }

  private boolean mine(ConnId of) {
    boolean mine = id.equals(of);
    if (!mine) {
      observer.violations().add("connection " + id + " was used with the id " + of);
    }
    return mine;
  }

  @Override
  public String toString() {
    return "the writer of connection " + id;
  }
}
