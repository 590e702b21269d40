// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.session.bridge.Connections;
import dev.sluice.transport.epoll.AnyClient.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/** How each row of the table of endings is brought about, by the row's code. */
final class EndingScenarios {

  private static final Duration SHORT = Duration.ofMillis(400);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** More than two kernels take. */
  private static final int LARGE = 32 << 20;

  /** Says that it is application data of 20 bytes. */
  private static final byte[] BROKEN_RECORD = Arrays.copyOf(new byte[] {23, 3, 3, 0, 20}, 25);

  private static final Set<Wire> ALL = EnumSet.allOf(Wire.class);
  private static final Set<Wire> STREAMS = EnumSet.of(Wire.TCP, Wire.TLS);
  private static final Set<Wire> TLS = EnumSet.of(Wire.TLS);

  /** Brings a connection to its end. */
  @FunctionalInterface
  interface Play {
    void on(EndingStage stage) throws Exception;
  }

  /**
   * One row.
   *
   * @param wires where it can happen
   */
  record Scenario(Set<Wire> wires, Play play) {}

  private static final Map<String, Scenario> BY_ROW = new LinkedHashMap<>();

  private EndingScenarios() {}

  static Map<String, Scenario> byRow() {
    return BY_ROW;
  }

  private static void row(String code, Set<Wire> wires, Play play) {
    assertThat(BY_ROW.put(code, new Scenario(wires, play))).as(code).isNull();
  }

  static {
    byThePeer();
    byTls();
    byTheSession();
    byALimit();
    byTheNode();
  }

  private static void byThePeer() {
    row("peer_ends", STREAMS, stage -> stage.talk().client.endOutput());
    row("peer_ends_silent", STREAMS, stage -> stage.connect().client.endOutput());
    row("peer_cuts_tls", TLS, stage -> stage.talk().client.cutOutput());
    row("peer_resets", STREAMS, stage -> stage.talk().client.reset());
  }

  private static void byTls() {
    row(
        "tls_garbage",
        TLS,
        stage -> stage.connectRaw().client.sendRaw(new byte[] {99, 1, 2, 3, 4, 5}));
    row(
        "tls_no_protocol",
        TLS,
        stage -> {
          stage.served = new Wrapped(stage.protocol, List.of("one"));
          stage.connectRaw().client.sendRaw(TlsCloseReasonsTest.hello("other"));
        });
    row(
        "tls_broken_record",
        TLS,
        stage -> {
          stage.talk().client.sendRaw(BROKEN_RECORD);
          stage.client.sendRaw(BROKEN_RECORD);
        });
    row(
        "handshake_deadline",
        TLS,
        stage -> {
          stage.limits = Limits.times(MINUTE, SHORT, MINUTE);
          stage.connectRaw();
        });
  }

  private static void byTheSession() {
    row("session_closes", ALL, acting((session, data) -> session.writer.closeSocket(session.id)));
    row(
        "session_aborts",
        ALL,
        acting((session, data) -> session.writer.abort(session.id, CloseReason.SESSION_ABORTED)));
    row("session_throws", ALL, acting((session, data) -> fail()));
    row(
        "create_throws",
        ALL,
        stage -> {
          stage.protocol.onCreate(session -> fail());
          stage.connect().say();
        });
    row(
        "create_null",
        ALL,
        stage -> {
          stage.served = new Sessionless();
          stage.connect().say();
        });
    row("session_releases", ALL, acting((session, data) -> data.release()));
    row(
        "session_writes_freed",
        ALL,
        acting(
            (session, data) -> {
              ByteBuf freed = session.context.allocator().buffer(1).writeZero(1);
              freed.release();
              assertThat(session.writer.writeOutbound(session.id, freed)).isFalse();
            }));
  }

  private static Play acting(BiConsumer<ScriptedProtocol.Conn, ByteBuf> action) {
    return stage -> stage.atCue(action).talk().say();
  }

  private static void fail() {
    throw new IllegalStateException("as the test wants");
  }

  private static void byALimit() {
    row(
        "idle",
        ALL,
        stage -> {
          stage.limits = Limits.times(SHORT, MINUTE, MINUTE);
          stage.talk();
        });
    row(
        "slow_time",
        STREAMS,
        stage -> {
          stage.limits = Limits.times(MINUTE, MINUTE, SHORT);
          stage.atCue((session, data) -> write(session, LARGE)).talk().say().ended();
        });
    row(
        "slow_mark",
        STREAMS,
        stage -> {
          stage.limits = Limits.output(128 << 10, 1 << 20, MINUTE);
          stage.atCue((session, data) -> writeOn(session)).talk().say();
        });
    row(
        "slow_node",
        STREAMS,
        stage -> {
          stage.limits = Limits.output(128 << 10, 1 << 30, MINUTE);
          stage.options = stage.options.withQueueLimits(16 << 20, 1 << 20, 1 << 20);
          stage.atCue((session, data) -> write(session, LARGE)).talk().say();
          Connections connections = stage.node.transport.connections();
          TestNode.await("full", () -> connections.outboundQueued() > 1 << 20);
          // The mark is known to writers a moment behind the figure.
          TestNode.await("refused", () -> !write(stage.session(), 1));
        });
    row(
        "close_cut_short",
        STREAMS,
        stage -> {
          stage.limits = Limits.times(MINUTE, MINUTE, SHORT);
          stage
              .atCue(
                  (session, data) -> {
                    write(session, LARGE);
                    session.writer.closeSocket(session.id);
                  })
              .talk()
              .say()
              .ended();
        });
    row(
        "inbound_shed",
        ALL,
        stage -> {
          stage.options = stage.options.withQueueLimits(64 << 10, 1 << 30, 1 << 30);
          stage.atCue((session, data) -> session.writer.hold(session.id, 65 << 10)).talk().say();
          if (stage.wire == Wire.UDP) {
            // A datagram waits for room by being dropped.
            stage.say();
          }
        });
    row(
        "soft_cap",
        ALL,
        stage -> {
          stage.softCap = 0;
          stage.connect().say();
        });
    row(
        "soft_cap_words",
        ALL,
        stage -> {
          stage.softCap = 0;
          stage.served = new Wrapped(stage.protocol, List.of());
          stage.connect().say();
        });
    row(
        "hard_cap",
        ALL,
        stage -> {
          stage.hardCap = 1;
          stage.softCap = 1;
          stage.talk();
          if (stage.wire == Wire.UDP) {
            stage.connect().say();
          } else {
            stage.connectRaw();
          }
        });
  }

  private static boolean write(ScriptedProtocol.Conn session, int bytes) {
    return session.writer.writeOutbound(session.id, Unpooled.buffer(bytes).writeZero(bytes));
  }

  /** Without asking whether it is writable. */
  private static void writeOn(ScriptedProtocol.Conn session) {
    for (boolean more = true; more; ) {
      more = write(session, 64 << 10);
    }
  }

  private static void byTheNode() {
    row(
        "drain_silent",
        STREAMS,
        stage -> stage.connect().established().server.endpoint().drain(MINUTE, Duration.ZERO));
    row("drain", ALL, stage -> stage.talk().server.endpoint().drain(MINUTE, Duration.ZERO));
    row(
        "drain_deadline",
        ALL,
        stage -> {
          stage.protocol.onCloseSession(session -> {});
          stage.talk().server.endpoint().drain(MINUTE, Duration.ZERO);
          stage.server.endpoint().abortAll(CloseReason.DRAIN_DEADLINE);
        });
    row(
        "operator",
        ALL,
        stage ->
            stage
                .talk()
                .node
                .transport
                .connections()
                .close(stage.session().id, CloseReason.CLOSED_BY_OPERATOR));
    row(
        "reply_terminates",
        ALL,
        stage -> {
          // What it says is not what is looked at here.
          stage.protocol.onReply((session, data) -> true);
          Connections connections = stage.talk().node.transport.connections();
          assertThat(connections.reply(stage.session().id, true, Unpooled.buffer(1).writeByte(1)))
              .isTrue();
        });
    row(
        "node_aborts",
        ALL,
        stage -> stage.talk().server.endpoint().abortAll(CloseReason.TERMINATED));
    row(
        "network_fails",
        STREAMS,
        stage -> onLoop(stage.talk(), new IOException("Connection timed out")));
    row(
        "node_fails",
        STREAMS,
        stage -> onLoop(stage.talk(), new IllegalStateException("as the test wants")));
    row("loop_stops", ALL, stage -> assertThat(stage.talk().node.transport.stop(MINUTE)).isEmpty());
  }

  /** As the transport is told that a read has failed. */
  private static void onLoop(EndingStage stage, Throwable failure) {
    stage
        .channel()
        .eventLoop()
        .execute(() -> stage.channel().pipeline().fireExceptionCaught(failure));
  }

  /** Has ALPN names, and words of its own for those over the soft cap. */
  private record Wrapped(ScriptedProtocol protocol, List<String> alpnProtocols)
      implements CustomProtocolSubsystem {

    @Override
    public String name() {
      return protocol.name();
    }

    @Override
    public Execution execution() {
      return protocol.execution();
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return protocol.create(id, writer);
    }

    @Override
    public Session createCapped(ConnId id, SessionWriter writer) {
      Session made = create(id, writer);
      writer.closeSocket(id);
      return made;
    }
  }

  /** Breaks its promise. */
  private static final class Sessionless implements CustomProtocolSubsystem {
    @Override
    public String name() {
      return "SESSIONLESS";
    }

    @Override
    public Execution execution() {
      return Execution.EVENT_LOOP;
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return null;
    }
  }
}
