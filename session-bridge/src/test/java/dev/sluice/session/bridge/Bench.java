// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.rpc.RpcMap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** One stream whose wire, loop and clock a test has in its hands. */
final class Bench implements StreamWire, CustomProtocolSubsystem {

  static final EndpointOptions.Limits LIMITS =
      new EndpointOptions.Limits(
          Duration.ofSeconds(60),
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          1000,
          4000,
          Duration.ofSeconds(5));

  final ManualLoop loop = new ManualLoop();
  final Connections connections;
  final Endpoint endpoint;
  final StreamBridge bridge;

  /** What the wire was asked to do beside writing. */
  final List<String> effects = new ArrayList<>();

  final List<RecordingSession> sessions = new ArrayList<>();
  private final ArrayDeque<ByteBuf> written = new ArrayDeque<>();
  private long mark;
  private boolean progressed;

  /** The wire takes no more. */
  boolean full;

  /** Called at each effect. */
  Runnable onEffect = () -> {};

  Bench() {
    this(false);
  }

  Bench(boolean secure) {
    connections =
        new Connections(
            new BridgeOptions(1 << 20, 1 << 16, 1 << 20, Duration.ofMinutes(2), 10),
            List.of(loop),
            execution -> Runnable::run,
            loop.ticker(),
            InstantSource.system());
    endpoint =
        connections.endpoint(
            new EndpointOptions(
                "bench",
                ProtocolChoice.only(Protocol.of(this)),
                RpcMap.EMPTY,
                secure,
                200,
                200,
                LIMITS));
    bridge = endpoint.accepted(endpoint.admit(null), loop, UnpooledByteBufAllocator.DEFAULT, this);
    bridge.begin();
    bridge.registered();
  }

  /** With a session. */
  static Bench open() {
    Bench bench = new Bench();
    bench.bridge.established(null);
    return bench;
  }

  RecordingSession session() {
    return sessions.get(0);
  }

  StreamClosing.State state() {
    return bridge.closing().state();
  }

  void receive(String text) {
    bridge.received(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    bridge.passComplete();
  }

  /** The kernel takes all that was written. */
  void take() {
    while (!written.isEmpty()) {
      written.remove().release();
      progressed = true;
    }
    bridge.taken(mark);
  }

  /** Time goes on, and the sweep says so. */
  void tick(Duration by) {
    loop.advance(by.toNanos());
    connections.sweepOf(loop).tick(loop.now());
    loop.runAll();
  }

  /** The wire is gone, as it was asked for. */
  void finish() {
    bridge.wireClosed();
    while (!written.isEmpty()) {
      written.remove().release();
    }
    bridge.wireGone();
  }

  // ---- the protocol

  @Override
  public String name() {
    return "BENCH";
  }

  @Override
  public Execution execution() {
    return Execution.EVENT_LOOP;
  }

  @Override
  public boolean speaksFirst() {
    return true;
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    RecordingSession session = new RecordingSession(id, writer);
    sessions.add(session);
    return session;
  }

  // ---- the wire

  private void effect(String what) {
    effects.add(what);
    onEffect.run();
  }

  @Override
  public boolean takesMore() {
    return !full;
  }

  @Override
  public void write(ByteBuf data, long at) {
    written.add(data);
    if (at != 0) {
      mark = at;
    }
  }

  @Override
  public void flush() {}

  @Override
  public void reads(boolean wanted) {
    effect("reads " + wanted);
  }

  @Override
  public void endOutput() {
    effect("endOutput");
  }

  @Override
  public void close() {
    effect("close");
  }

  @Override
  public void abort() {
    effect("abort");
  }

  @Override
  public boolean progressed() {
    boolean was = progressed;
    progressed = false;
    return was;
  }

  @Override
  public SocketAddress localAddress() {
    return null;
  }

  @Override
  public SocketAddress remoteAddress() {
    return null;
  }
}
