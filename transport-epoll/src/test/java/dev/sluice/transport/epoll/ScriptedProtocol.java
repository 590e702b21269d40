// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.zip.CRC32;

/**
 * A protocol whose sessions do what a test says, an echo unless told otherwise. It keeps book of
 * every call and holds it against what {@link Session} promises: one at a time, none after the
 * last, the last exactly once.
 */
final class ScriptedProtocol implements CustomProtocolSubsystem {

  final List<Conn> sessions = new CopyOnWriteArrayList<>();
  final AtomicInteger creates = new AtomicInteger();
  private final Queue<String> faults = new ConcurrentLinkedQueue<>();
  private final Execution execution;
  private boolean speaksFirst;
  private Consumer<Conn> onCreate = conn -> {};
  private BiConsumer<Conn, ByteBuf> onData =
      (conn, data) -> conn.writer.writeOutbound(conn.id, data.retain());
  private Consumer<Conn> onComplete = conn -> {};
  private Consumer<Conn> onInputClosed = conn -> conn.writer.closeSocket(conn.id);
  private Consumer<Conn> onSend = conn -> {};
  private BiPredicate<Conn, ByteBuf> onReply =
      (conn, data) -> conn.writer.writeOutbound(conn.id, data.retain());
  private Consumer<Conn> onCloseSession = conn -> conn.writer.closeSocket(conn.id);
  private BiConsumer<Conn, Boolean> onWritability = (conn, writable) -> {};
  private BiConsumer<Conn, CloseReason> onClosed = (conn, reason) -> {};

  ScriptedProtocol(Execution execution) {
    this.execution = execution;
  }

  /** What a session did and saw; the counts may be read from any thread. */
  final class Conn implements Session {
    final ConnId id;
    final SessionWriter writer;
    final SessionContext context;
    final AtomicLong received = new AtomicLong();

    /** All calls but data, with what was received by then where that matters. */
    final List<String> events = new CopyOnWriteArrayList<>();

    volatile CloseReason reason;

    /** For hooks, in the session's order. */
    boolean armed;

    private final CRC32 sum = new CRC32();
    private final AtomicInteger inside = new AtomicInteger();

    Conn(ConnId id, SessionWriter writer) {
      this.id = id;
      this.writer = writer;
      this.context = writer.context(id);
    }

    boolean write(String text) {
      return writer.writeOutbound(id, Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1));
    }

    /** Waits until it has done what it was called for before. */
    void awaitTurn() {
      CompletableFuture<Void> turn = new CompletableFuture<>();
      if (!context.execute(() -> turn.complete(null))) {
        throw new AssertionError("the session has ended: " + events);
      }
      turn.orTimeout(TestNode.PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }

    /** Closing or gone; of no meaning over the mark of queued output. */
    boolean closing() {
      return !writer.isWritable(id);
    }

    /** Of all bytes received; to be read once the session rests. */
    synchronized long checksum() {
      return sum.getValue();
    }

    @Override
    public void handleIncomingData(ByteBuf data) {
      call(
          () -> {
            if (!data.isReadable()) {
              faults.add(id + ": empty data");
            }
            synchronized (this) {
              sum.update(data.nioBuffer());
            }
            received.addAndGet(data.readableBytes());
            onData.accept(this, data);
          });
    }

    @Override
    public void incomingComplete() {
      call(() -> onComplete.accept(this));
    }

    @Override
    public boolean sendData(ByteBuf data) {
      boolean[] sent = new boolean[1];
      call(
          () -> {
            onSend.accept(this);
            sent[0] = onReply.test(this, data);
          });
      return sent[0];
    }

    @Override
    public void closeSession() {
      events.add("closeSession");
      call(() -> onCloseSession.accept(this));
    }

    @Override
    public void inputClosed() {
      events.add("inputClosed");
      call(() -> onInputClosed.accept(this));
    }

    @Override
    public void writabilityChanged(boolean writable) {
      events.add("writable " + writable);
      call(() -> onWritability.accept(this, writable));
    }

    @Override
    public void connectionClosed(CloseReason why) {
      if (reason != null) {
        faults.add(id + ": closed twice: " + reason + ", " + why);
      }
      events.add("closed " + why);
      try {
        call(() -> onClosed.accept(this, why));
      } finally {
        reason = why;
      }
    }

    private void call(Runnable body) {
      if (inside.getAndIncrement() != 0) {
        faults.add(id + ": two calls at once: " + events);
      }
      if (reason != null) {
        faults.add(id + ": called after the last call: " + events);
      }
      try {
        body.run();
      } finally {
        inside.decrementAndGet();
      }
    }
  }

  ScriptedProtocol speakingFirst() {
    speaksFirst = true;
    return this;
  }

  ScriptedProtocol onCreate(Consumer<Conn> hook) {
    onCreate = hook;
    return this;
  }

  ScriptedProtocol onData(BiConsumer<Conn, ByteBuf> hook) {
    onData = hook;
    return this;
  }

  ScriptedProtocol onComplete(Consumer<Conn> hook) {
    onComplete = hook;
    return this;
  }

  ScriptedProtocol onInputClosed(Consumer<Conn> hook) {
    onInputClosed = hook;
    return this;
  }

  /** Before the bytes are written. */
  ScriptedProtocol onSend(Consumer<Conn> hook) {
    onSend = hook;
    return this;
  }

  /** In place of writing the bytes. */
  ScriptedProtocol onReply(BiPredicate<Conn, ByteBuf> hook) {
    onReply = hook;
    return this;
  }

  ScriptedProtocol onCloseSession(Consumer<Conn> hook) {
    onCloseSession = hook;
    return this;
  }

  ScriptedProtocol onWritability(BiConsumer<Conn, Boolean> hook) {
    onWritability = hook;
    return this;
  }

  ScriptedProtocol onClosed(BiConsumer<Conn, CloseReason> hook) {
    onClosed = hook;
    return this;
  }

  /** Takes everything in and says nothing. */
  ScriptedProtocol silent() {
    return onData((conn, data) -> {});
  }

  /** The only session, once it is there. */
  Conn session() {
    return session(0);
  }

  Conn session(int index) {
    TestNode.await("session " + index, () -> sessions.size() > index);
    return sessions.get(index);
  }

  /** Throws what a method without a throws clause can't. */
  @SuppressWarnings("unchecked")
  static <T extends Throwable> void throwAny(Throwable thrown) throws T {
    throw (T) thrown;
  }

  /** Fails if a promise of {@link Session} was broken; every session has ended. */
  void verify() {
    if (!faults.isEmpty()) {
      throw new AssertionError("sessions were called against the rules: " + faults);
    }
    for (Conn conn : sessions) {
      if (conn.reason == null) {
        throw new AssertionError("session " + conn.id + " was not told of its end: " + conn.events);
      }
    }
  }

  @Override
  public String name() {
    return "SCRIPTED";
  }

  @Override
  public Execution execution() {
    return execution;
  }

  @Override
  public boolean speaksFirst() {
    return speaksFirst;
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    creates.incrementAndGet();
    if (sessions.stream().anyMatch(conn -> conn.id.equals(id))) {
      faults.add(id + ": a second session");
    }
    Conn conn = new Conn(id, writer);
    onCreate.accept(conn);
    sessions.add(conn);
    return conn;
  }
}
