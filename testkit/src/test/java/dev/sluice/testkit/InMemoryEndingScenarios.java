// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.session.bridge.EndpointOptions.Limits;
import dev.sluice.testkit.InMemoryEndingStage.Carrier;
import dev.sluice.testkit.RecordingProtocol.Call;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/** How each row of the table of endings is brought about in memory, by the row's code. */
final class InMemoryEndingScenarios {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** More than the node's kernel takes. */
  private static final byte[] MUCH = new byte[1 << 20];

  /** So many times that is more than the node's output may be. */
  private static final int MANY = 129;

  /** Brings a connection to its end. */
  @FunctionalInterface
  interface Play {
    void on(InMemoryEndingStage stage);
  }

  private static final Map<String, Play> BY_ROW = new LinkedHashMap<>();

  private InMemoryEndingScenarios() {}

  static Map<String, Play> byRow() {
    return BY_ROW;
  }

  private static void row(String code, Play play) {
    assertThat(BY_ROW.put(code, play)).as(code).isNull();
  }

  static {
    byThePeer();
    byTheSession();
    byALimit();
    byTheNode();
  }

  private static void byThePeer() {
    row("peer_ends", stage -> stage.talk().connection().endInput());
    row("peer_ends_silent", stage -> stage.connect().connection().endInput());
    row("peer_resets", stage -> stage.talk().breakOff());
    row(
        "handshake_deadline",
        stage -> {
          stage.platform.secure();
          stage.with(stage.platform.connectHandshaking());
          stage.pass(Limits.defaults().handshakeTimeout().plus(SECOND));
        });
  }

  private static void byTheSession() {
    row("session_closes", acting((session, data) -> session.writer().closeSocket(session.id())));
    row(
        "session_aborts",
        acting(
            (session, data) -> session.writer().abort(session.id(), CloseReason.SESSION_ABORTED)));
    row("session_throws", breaking(acting((session, data) -> fail())));
    row(
        "create_throws",
        breaking(
            stage -> {
              stage.protocol.on(Call.CREATE, session -> fail());
              stage.connect().say();
            }));
    row(
        "create_null",
        breaking(
            stage -> {
              stage.protocol.answersNull();
              stage.connect().say();
            }));
    row("session_releases", breaking(acting((session, data) -> data.release())));
    row(
        "session_writes_freed",
        breaking(
            acting(
                (session, data) -> {
                  ByteBuf freed = session.context().allocator().buffer(1).writeZero(1);
                  freed.release();
                  assertThat(session.writer().writeOutbound(session.id(), freed)).isFalse();
                })));
  }

  private static Play acting(BiConsumer<RecordingSession, ByteBuf> action) {
    return stage -> stage.atCue(action).talk().say();
  }

  private static Play breaking(Play play) {
    return stage -> play.on(stage.breakingTheContract());
  }

  private static void fail() {
    throw new IllegalStateException("as the test wants");
  }

  private static void byALimit() {
    row(
        "idle",
        stage -> {
          stage.platform.idleTimeout(MINUTE);
          stage.talk().pass(MINUTE.plus(SECOND));
        });
    row(
        "slow_time",
        stage -> {
          stage.atCue((session, data) -> assertThat(session.send(MUCH)).isTrue());
          sayUnread(stage);
          stage.pass(Limits.defaults().slowConsumerTimeout().plus(SECOND));
        });
    row(
        "slow_mark",
        stage -> {
          stage.platform.outputMarks(1, 2 * MUCH.length);
          stage.atCue((session, data) -> assertThat(writeOn(session)).isLessThan(MANY));
          sayUnread(stage);
        });
    row(
        "slow_node",
        stage -> {
          stage.platform.outputMarks(1, Integer.MAX_VALUE);
          stage.atCue((session, data) -> assertThat(writeOn(session)).isEqualTo(MANY));
          sayUnread(stage);
          assertThat(stage.protocol.sessions().get(0).send(MUCH)).isFalse();
          stage.connection().runAll();
        });
    row(
        "close_cut_short",
        stage -> {
          stage.atCue(
              (session, data) -> {
                assertThat(session.send(MUCH)).isTrue();
                session.writer().closeSocket(session.id());
              });
          sayUnread(stage);
          stage.pass(Limits.defaults().slowConsumerTimeout().plus(SECOND));
        });
    row(
        "inbound_shed",
        stage -> {
          stage.platform.inboundBudget(10);
          stage.atCue((session, data) -> session.writer().hold(session.id(), 11)).talk().say();
          if (stage.carrier == Carrier.DATAGRAMS) {
            // A datagram waits for room by being dropped.
            stage.say();
          }
          stage.pass(SECOND.multipliedBy(3));
        });
    row(
        "soft_cap",
        stage -> {
          stage.platform.caps(0, 1);
          stage.connect().say();
        });
    row(
        "soft_cap_words",
        stage -> {
          stage.platform.caps(0, 1);
          stage
              .protocol
              .ownCapped()
              .on(Call.CREATE, session -> session.writer().closeSocket(session.id()));
          stage.connect().say();
        });
    row(
        "hard_cap",
        stage -> {
          stage.platform.caps(1, 1);
          stage.talk().refused();
        });
  }

  /** The peer takes nothing of what comes of it. */
  private static void sayUnread(InMemoryEndingStage stage) {
    stage.talk().connection().stopReading();
    stage.say();
  }

  /** Without asking whether it is writable; how often it was let. */
  private static int writeOn(RecordingSession session) {
    int written = 0;
    while (written < MANY && session.send(MUCH)) {
      written++;
    }
    return written;
  }

  private static void byTheNode() {
    row("drain_silent", stage -> stage.connect().connection().drain(MINUTE));
    row("drain", stage -> stage.talk().connection().drain(MINUTE));
    row(
        "drain_deadline",
        stage -> {
          stage.protocol.on(Call.DRAIN, session -> {});
          stage.talk().connection().drain(MINUTE);
          stage.pass(MINUTE);
        });
    row("reply_terminates", stage -> stage.talk().connection().askToClose());
    row("node_aborts", stage -> stage.talk().connection().end(CloseReason.TERMINATED));
  }
}
