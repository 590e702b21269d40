// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A protocol whose sessions write down what they hear and do what a test says. What they do is set
 * before the first connection.
 */
final class RecordingProtocol implements CustomProtocolSubsystem {

  /** What can happen to a session. */
  enum Call {
    CREATE,
    DATA,
    INCOMING_COMPLETE,
    INPUT_CLOSED,
    DRAIN,
    CLOSE_SESSION,
    WRITABILITY,
    COMPLETION,
    TASK,
    CLOSED
  }

  private final Execution execution;
  private final Map<Call, Consumer<RecordingSession>> actions = new EnumMap<>(Call.class);
  private final List<RecordingSession> sessions = new CopyOnWriteArrayList<>();
  private final AtomicInteger creates = new AtomicInteger();
  private @Nullable BiConsumer<RecordingSession, ByteBuf> onData;
  private boolean speaksFirst;
  private boolean answersNull;
  private boolean ownCapped;

  RecordingProtocol(Execution execution) {
    this.execution = execution;
  }

  /** In place of what a session does by default; what is written down stays the same. */
  RecordingProtocol on(Call call, Consumer<RecordingSession> action) {
    actions.put(call, action);
    return this;
  }

  RecordingProtocol onData(BiConsumer<RecordingSession, ByteBuf> action) {
    onData = action;
    return this;
  }

  RecordingProtocol echo() {
    return onData(
        (session, data) -> {
          boolean unused = session.writer().writeOutbound(session.id(), data.retain());
        });
  }

  RecordingProtocol answersNull() {
    answersNull = true;
    return this;
  }

  RecordingProtocol ownCapped() {
    ownCapped = true;
    return this;
  }

  RecordingProtocol talksFirst() {
    speaksFirst = true;
    return this;
  }

  /** How often a session was asked for. */
  int creates() {
    return creates.get();
  }

  List<RecordingSession> sessions() {
    return sessions;
  }

  /** The only session so far, or the first of several; waits for it. */
  RecordingSession session(PlatformHarness harness) {
    return session(harness, 0);
  }

  RecordingSession session(PlatformHarness harness, int index) {
    harness.await("session " + index + " is made", () -> sessions.size() > index);
    return sessions.get(index);
  }

  @Nullable Consumer<RecordingSession> action(Call call) {
    return actions.get(call);
  }

  void received(RecordingSession session, ByteBuf data) {
    if (onData != null) {
      onData.accept(session, data);
    }
  }

  @Override
  public String name() {
    return "RECORDING";
  }

  @Override
  @SuppressWarnings("NullAway") // Null is what one of the rules is about.
  public Session create(ConnId id, SessionWriter writer) {
    int number = creates.getAndIncrement();
    RecordingSession session = new RecordingSession(this, number, id, writer);
    session.created();
    if (answersNull && number == 0) {
      return null;
    }
    sessions.add(session);
    return session;
  }

  @Override
  public Session createCapped(ConnId id, SessionWriter writer) {
    return ownCapped ? create(id, writer) : CustomProtocolSubsystem.super.createCapped(id, writer);
  }

  @Override
  public boolean speaksFirst() {
    return speaksFirst;
  }

  @Override
  public Execution execution() {
    return execution;
  }
}
