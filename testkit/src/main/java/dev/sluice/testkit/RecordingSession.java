// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.Session;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.WriteCompletion;
import dev.sluice.testkit.RecordingProtocol.Call;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A session that writes down what it hears. The platform calls it in its order; what is written
 * down may be read from any thread.
 */
final class RecordingSession implements Session {

  /** One call that was heard. */
  record Entry(Call call, String detail) {}

  private final RecordingProtocol protocol;
  private final int number;
  private final ConnId id;
  private final SessionWriter writer;
  private final List<Entry> entries = new ArrayList<>();
  private final List<String> broken = new ArrayList<>();
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private final AtomicReference<@Nullable Call> current = new AtomicReference<>();
  private final AtomicInteger calls = new AtomicInteger();

  /** Plain on purpose: right only if each call sees what the one before wrote. */
  private int plainCalls;

  /** Volatile: set within a call, read by the test. */
  private volatile @Nullable CloseReason reason;

  RecordingSession(RecordingProtocol protocol, int number, ConnId id, SessionWriter writer) {
    this.protocol = protocol;
    this.number = number;
    this.id = id;
    this.writer = writer;
  }

  /** 0 for the protocol's first session. */
  int number() {
    return number;
  }

  ConnId id() {
    return id;
  }

  SessionWriter writer() {
    return writer;
  }

  SessionContext context() {
    return writer.context(id);
  }

  boolean send(byte[] bytes) {
    return writer.writeOutbound(id, Unpooled.wrappedBuffer(bytes));
  }

  synchronized List<Entry> entries() {
    return List.copyOf(entries);
  }

  synchronized byte[] received() {
    return received.toByteArray();
  }

  /** Overlaps, and whatever else only the session itself can see. */
  synchronized List<String> broken() {
    return List.copyOf(broken);
  }

  @Nullable CloseReason reason() {
    return reason;
  }

  long count(Call call) {
    return entries().stream().filter(entry -> entry.call() == call).count();
  }

  /** A task that counts as a call in the session's order. */
  Runnable task(String name, Runnable work) {
    return () -> hear(Call.TASK, name, work);
  }

  WriteCompletion completion(Consumer<Boolean> then) {
    return written -> hear(Call.COMPLETION, Boolean.toString(written), () -> then.accept(written));
  }

  void created() {
    hear(Call.CREATE, "", () -> {});
  }

  @Override
  public void handleIncomingData(ByteBuf data) {
    byte[] bytes = ByteBufUtil.getBytes(data);
    synchronized (this) {
      received.writeBytes(bytes);
    }
    hear(Call.DATA, Integer.toString(bytes.length), () -> protocol.received(this, data));
  }

  @Override
  public boolean sendData(ByteBuf data) {
    return writer.writeOutbound(id, data.retain());
  }

  @Override
  public void incomingComplete() {
    hear(Call.INCOMING_COMPLETE, "", () -> {});
  }

  @Override
  public void inputClosed() {
    hear(Call.INPUT_CLOSED, "", () -> writer.closeSocket(id));
  }

  @Override
  public void drainRequested(Duration deadline) {
    hear(Call.DRAIN, deadline.toString(), () -> writer.closeSocket(id));
  }

  @Override
  public void closeSession() {
    hear(Call.CLOSE_SESSION, "", () -> writer.closeSocket(id));
  }

  @Override
  public void writabilityChanged(boolean writable) {
    hear(Call.WRITABILITY, Boolean.toString(writable), () -> {});
  }

  @Override
  public void connectionClosed(CloseReason why) {
    reason = why;
    hear(Call.CLOSED, why.code(), () -> {});
  }

  private void hear(Call call, String detail, Runnable byDefault) {
    Call before = current.getAndSet(call);
    if (before != null) {
      breaks(call + " came during " + before);
    }
    if (plainCalls != calls.get()) {
      breaks(call + " did not see what the call before it wrote");
    }
    plainCalls++;
    calls.incrementAndGet();
    synchronized (this) {
      entries.add(new Entry(call, detail));
    }
    try {
      Consumer<RecordingSession> action = protocol.action(call);
      if (action == null) {
        byDefault.run();
      } else {
        action.accept(this);
      }
    } finally {
      current.set(null);
    }
  }

  private synchronized void breaks(String what) {
    broken.add(what);
  }
}
