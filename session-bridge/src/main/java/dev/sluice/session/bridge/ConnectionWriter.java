// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import io.netty.util.IllegalReferenceCountException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a session is given: checks what comes in, and asks its bridge. Any thread. */
final class ConnectionWriter implements SessionWriter {

  private final SessionBridge bridge;
  private final long id;

  ConnectionWriter(SessionBridge bridge) {
    this.bridge = bridge;
    this.id = bridge.id().value();
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
    if (to.value() != id || bridge.refusesWrites()) {
      Buffers.release(data);
      return false;
    }
    if (!Buffers.isWhole(data)) {
      Buffers.release(data);
      bridge.unsendable(new IllegalReferenceCountException("written after its release"));
      return false;
    }
    return bridge.write(data, completion);
  }

  @Override
  public boolean isWritable(ConnId of) {
    return of.value() == id && !bridge.refusesWrites() && bridge.writable();
  }

  @Override
  public void closeSocket(ConnId of, CloseReason reason) {
    if (of.value() == id) {
      bridge.tell(SessionTap.Event.CLOSE_ASKED, 0);
      bridge.close(bridge.cause().ofSession(reason, bridge.inputEnded()));
    }
  }

  @Override
  public void abort(ConnId of, CloseReason reason) {
    if (of.value() == id) {
      bridge.tell(SessionTap.Event.ABORT_ASKED, 0);
      bridge.abort(Ending.of(reason));
    }
  }

  @Override
  public boolean shutdownOutput(ConnId of) {
    if (of.value() != id || bridge.refusesWrites() || !bridge.shutdownOutput()) {
      return false;
    }
    bridge.tell(SessionTap.Event.OUTPUT_SHUT, 0);
    return true;
  }

  @Override
  public void pauseReads(ConnId of) {
    if (of.value() == id) {
      bridge.tell(SessionTap.Event.PAUSED, 0);
      bridge.pause(true);
    }
  }

  @Override
  public void resumeReads(ConnId of) {
    if (of.value() == id) {
      bridge.tell(SessionTap.Event.RESUMED, 0);
      bridge.pause(false);
    }
  }

  @Override
  public void hold(ConnId of, int bytes) {
    if (of.value() == id && bytes > 0 && !bridge.gone()) {
      bridge.tell(SessionTap.Event.HELD, bytes);
      bridge.heldInput().hold(bytes);
      bridge.heldMore();
    }
  }

  @Override
  public void consumed(ConnId of, int bytes) {
    if (of.value() == id && bytes > 0) {
      bridge.tell(SessionTap.Event.CONSUMED, bytes);
      bridge.heldInput().consumed(bytes);
    }
  }

  @Override
  public long promisesInput(ConnId of, long bytes) {
    return of.value() == id && bytes >= 0 ? bridge.declaredShares().promise(bytes) : 0;
  }

  @Override
  public long keepsOutput(ConnId of, long bytes) {
    return of.value() == id && bytes >= 0 ? bridge.declaredShares().keep(bytes) : 0;
  }

  @Override
  public long wantsRoom(ConnId of, long room) {
    return of.value() == id ? bridge.declaredShares().makeRoom(room) : 0;
  }

  @Override
  public SessionContext context(ConnId of) {
    if (of.value() != id) {
      throw new IllegalArgumentException("this is connection " + id + ", not " + of);
    }
    return bridge.calls().context();
  }
}
