// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.ProtocolDetector;
import dev.sluice.api.Session;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A protocol that remembers its sessions and does in them what a test says; echoes where it says
 * nothing. To be set up before the interface is bound.
 */
final class Probe implements CustomProtocolSubsystem {

  final List<Peer> sessions = new CopyOnWriteArrayList<>();

  private String name = "PROBE";
  private @Nullable ProtocolDetector detector;
  private Execution execution = Execution.EVENT_LOOP;
  private List<String> alpn = List.of();
  private boolean speaksFirst;
  private BiConsumer<Peer, ByteBuf> onData = (peer, data) -> peer.write(data.retain());
  private Consumer<Peer> onCreate = peer -> {};
  private @Nullable Consumer<Peer> onCapped;

  Probe named(String other) {
    name = other;
    return this;
  }

  Probe detects(ProtocolDetector by) {
    detector = by;
    return this;
  }

  Probe execution(Execution mode) {
    execution = mode;
    return this;
  }

  Probe alpn(String... names) {
    alpn = List.of(names);
    return this;
  }

  /** Speaks first, in these words. */
  Probe greets(Consumer<Peer> greeting) {
    speaksFirst = true;
    onCreate = greeting;
    return this;
  }

  Probe onData(BiConsumer<Peer, ByteBuf> action) {
    onData = action;
    return this;
  }

  /** Answers a connection over the soft cap in its own words. */
  Probe onCapped(Consumer<Peer> action) {
    onCapped = action;
    return this;
  }

  /** The one session there is, as soon as it is there. */
  Peer session() {
    TestNode.await("a session", () -> !sessions.isEmpty());
    if (sessions.size() != 1) {
      throw new AssertionError("sessions: " + sessions.size());
    }
    return sessions.get(0);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Optional<ProtocolDetector> detector() {
    return Optional.ofNullable(detector);
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    Peer peer = new Peer(id, writer, onData);
    sessions.add(peer);
    onCreate.accept(peer);
    return peer;
  }

  @Override
  public Session createCapped(ConnId id, SessionWriter writer) {
    Consumer<Peer> action = onCapped;
    if (action == null) {
      return CustomProtocolSubsystem.super.createCapped(id, writer);
    }
    Peer peer = new Peer(id, writer, (self, data) -> {});
    sessions.add(peer);
    action.accept(peer);
    return peer;
  }

  @Override
  public List<String> alpnProtocols() {
    return alpn;
  }

  @Override
  public boolean speaksFirst() {
    return speaksFirst;
  }

  @Override
  public Execution execution() {
    return execution;
  }

  /** One session. */
  static final class Peer implements Session {
    final ConnId id;
    final SessionWriter writer;
    final SessionContext context;
    final List<CloseReason> ends = new CopyOnWriteArrayList<>();
    private final BiConsumer<Peer, ByteBuf> onData;

    Peer(ConnId id, SessionWriter writer, BiConsumer<Peer, ByteBuf> onData) {
      this.id = id;
      this.writer = writer;
      this.context = writer.context(id);
      this.onData = onData;
    }

    boolean write(ByteBuf data) {
      return writer.writeOutbound(id, data);
    }

    boolean write(byte[] data) {
      return write(Unpooled.wrappedBuffer(data));
    }

    void close() {
      writer.closeSocket(id);
    }

    /** Waits for the end and answers its reason; fails if the session is told twice. */
    CloseReason end() {
      TestNode.await("the session hears of its end", () -> !ends.isEmpty());
      if (ends.size() != 1) {
        throw new AssertionError("told more than once: " + ends);
      }
      return ends.get(0);
    }

    @Override
    public void handleIncomingData(ByteBuf data) {
      onData.accept(this, data);
    }

    @Override
    public boolean sendData(ByteBuf data) {
      return write(data.retain());
    }

    @Override
    public void closeSession() {
      close();
    }

    @Override
    public void connectionClosed(CloseReason reason) {
      ends.add(reason);
    }
  }
}
