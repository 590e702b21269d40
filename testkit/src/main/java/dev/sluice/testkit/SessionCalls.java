// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CloseReason;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Session;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes a connection's session and calls it, one call at a time, and notes what it does wrong.
 *
 * <p>Confined to the executor's tasks.
 */
final class SessionCalls {

  /** Bytes around the data in its buffer, which are none of the session's business. */
  private static final int MARGIN = 3;

  private static final int GARBAGE = 0xDB;

  private final CustomProtocolSubsystem protocol;
  private final InMemorySessionWriter writer;
  private final InMemorySessionContext context;
  private final ByteBufAllocator allocator;
  private final Violations violations;
  private final Runnable failed;
  private @Nullable Session session;
  private boolean made;
  private int buffers;

  SessionCalls(
      CustomProtocolSubsystem protocol,
      InMemorySessionWriter writer,
      InMemorySessionContext context,
      ByteBufAllocator allocator,
      Violations violations,
      Runnable failed) {
    this.protocol = protocol;
    this.writer = writer;
    this.context = context;
    this.allocator = allocator;
    this.violations = violations;
    this.failed = failed;
  }

  /** At most once, also where it fails. */
  void make() {
    if (made) {
      return;
    }
    made = true;
    String what = context.capped() ? "createCapped" : "create";
    guard(
        what,
        () -> {
          session =
              context.capped()
                  ? protocol.createCapped(context.id(), writer)
                  : protocol.create(context.id(), writer);
          if (session == null) {
            violations.add(what + " answered null");
            failed.run();
          }
        });
  }

  /** Whether there is a session that can be told something. */
  boolean alive() {
    return session != null;
  }

  void data(byte[] bytes) {
    call("handleIncomingData", to -> lend(bytes, to::handleIncomingData));
  }

  void sendData(byte[] bytes, Consumer<Boolean> answer) {
    call("sendData", to -> lend(bytes, data -> answer.accept(to.sendData(data))));
  }

  void writability(boolean writable) {
    call("writabilityChanged", to -> to.writabilityChanged(writable));
  }

  /** The final call. */
  void closed(CloseReason reason) {
    call("connectionClosed", to -> to.connectionClosed(reason));
    session = null;
    writer.closeTold();
  }

  void call(String what, Consumer<Session> call) {
    Session to = session;
    if (to != null) {
      guard(what, () -> call.accept(to));
    }
  }

  void guard(String what, Runnable call) {
    try {
      call.run();
    } catch (Throwable failure) {
      violations.threw(what, failure);
      failed.run();
    }
  }

  /**
   * Lends the bytes in a buffer that is ruined afterwards, unless somebody retained it: direct and
   * on the heap in turns, and never starting at index 0.
   */
  private void lend(byte[] bytes, Consumer<ByteBuf> call) {
    int capacity = bytes.length + 2 * MARGIN;
    ByteBuf data =
        buffers++ % 2 == 0 ? allocator.heapBuffer(capacity) : allocator.directBuffer(capacity);
    fill(data);
    data.setIndex(MARGIN, MARGIN).writeBytes(bytes);
    try {
      call.accept(data);
    } finally {
      if (data.refCnt() == 0) {
        violations.add("a borrowed buffer was released by the session");
      } else {
        if (data.refCnt() == 1) {
          fill(data);
        }
        data.release();
      }
    }
  }

  private static void fill(ByteBuf data) {
    for (int index = 0; index < data.capacity(); index++) {
      data.setByte(index, GARBAGE);
    }
  }
}
