// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.api.Transport;
import dev.sluice.session.bridge.CloseRecord;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A node in memory, a protocol and a peer, on which one row of the table is played. */
final class InMemoryEndingStage implements AutoCloseable {

  /** What a peer sends to see whether there is a session; it comes back. */
  private static final String WORD = ".";

  /** What the session is to act upon. */
  private static final String CUE = "?";

  /** What carries the bytes. */
  enum Carrier {
    STREAM,
    SECURE_STREAM,
    DATAGRAMS
  }

  final Carrier carrier;
  final RecordingProtocol protocol = new RecordingProtocol(Execution.EVENT_LOOP).echo();
  final InMemoryPlatform platform = new InMemoryPlatform(protocol);

  private @Nullable InMemoryConnection connection;
  private int answered;
  private boolean reset;
  private boolean breaksContract;

  InMemoryEndingStage(Carrier carrier) {
    this.carrier = carrier;
    switch (carrier) {
      case STREAM -> platform.transport(Transport.TCP);
      case SECURE_STREAM -> platform.secure();
      case DATAGRAMS -> platform.transport(Transport.UDP);
    }
  }

  /** What the session does at the cue. */
  InMemoryEndingStage atCue(BiConsumer<RecordingSession, ByteBuf> action) {
    protocol.onData(
        (session, data) -> {
          if (data.getByte(data.readerIndex()) == CUE.charAt(0)) {
            action.accept(session, data);
          } else {
            assertThat(session.writer().writeOutbound(session.id(), data.retain())).isTrue();
          }
        });
    return this;
  }

  /** The kit will say that the session breaks the contract, which is what is played. */
  InMemoryEndingStage breakingTheContract() {
    breaksContract = true;
    return this;
  }

  InMemoryEndingStage connect() {
    return with(platform.connect());
  }

  InMemoryEndingStage with(InMemoryConnection connected) {
    connection = connected;
    return this;
  }

  /** Connects, and has been answered: there is a session. */
  InMemoryEndingStage talk() {
    connect().connection().feed(WORD);
    assertThat(connection().receivedText()).isEqualTo(WORD);
    answered = WORD.length();
    return this;
  }

  InMemoryEndingStage say() {
    connection().feed(CUE);
    return this;
  }

  void breakOff() {
    reset = true;
    connection().reset();
  }

  void pass(Duration time) {
    platform.advance(time);
  }

  /** Whose end is looked at. */
  InMemoryConnection connection() {
    if (connection == null) {
      throw new IllegalStateException("not connected yet");
    }
    return connection;
  }

  /** One more is refused. */
  void refused() {
    assertThatThrownBy(platform::connect).isInstanceOf(IllegalStateException.class);
    connection = null;
  }

  /** What came of it, in the words of a cell. */
  String outcome() {
    List<CloseRecord> records = platform.closeRecords();
    assertThat(records).hasSize(1);
    CloseRecord record = records.get(0);
    boolean heard = false;
    for (RecordingSession session : protocol.sessions()) {
      CloseReason reason = session.reason();
      if (reason != null) {
        assertThat(reason.code()).as("heard and recorded").isEqualTo(record.reason());
        heard = true;
      }
      assertThat(session.broken()).isEmpty();
    }
    return EndingsTable.outcome(heard, peerSaw(), record);
  }

  private String peerSaw() {
    if (connection == null) {
      return "refused";
    }
    if (reset) {
      return "gone";
    }
    if (carrier == Carrier.DATAGRAMS) {
      return connection.received().length == answered ? "nothing" : "a datagram";
    }
    if (!connection.outputEnded()) {
      return "an open connection";
    }
    return connection.brokenOff() ? "RST" : "FIN";
  }

  @Override
  public void close() {
    if (breaksContract) {
      assertThatThrownBy(platform::close).hasMessageContaining("the contract was broken");
    } else {
      platform.close();
    }
  }
}
