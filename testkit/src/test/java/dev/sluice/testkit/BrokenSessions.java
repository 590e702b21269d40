// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.PlaintextSession;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** Sessions that break the contract, each in one way, and how a rule is tried on them. */
final class BrokenSessions {

  private BrokenSessions() {}

  static final String LONG = "0123456789".repeat(20) + "\n";

  /** Echoes lines, as it should. */
  static class Lines extends PlaintextSession {
    Lines(ConnId id, SessionWriter writer) {
      super(id, writer, 1_000);
    }

    @Override
    protected boolean parse(ByteBuf in) {
      int length = in.bytesBefore((byte) '\n');
      if (length >= 0) {
        line(in.readBytes(length + 1));
      }
      return true;
    }

    void line(ByteBuf line) {
      send(line);
    }

    @Override
    public void writabilityChanged(boolean writable) {
      if (writable) {
        writer().resumeReads(id());
      } else {
        writer().pauseReads(id());
      }
    }
  }

  /** Echoes whatever comes; the simplest session that is right. */
  static class Raw implements Session {
    final ConnId id;
    final SessionWriter writer;

    Raw(ConnId id, SessionWriter writer) {
      this.id = id;
      this.writer = writer;
    }

    @Override
    public void handleIncomingData(ByteBuf data) {
      writer.writeOutbound(id, data.retain());
    }

    @Override
    public boolean sendData(ByteBuf data) {
      return writer.writeOutbound(id, data.retain());
    }

    @Override
    public void closeSession() {
      writer.closeSocket(id);
    }
  }

  static class Contract extends SessionContract {
    private final CustomProtocolSubsystem protocol;

    private final ConversationScript script;

    Contract(CustomProtocolSubsystem protocol) {
      this(
          protocol,
          ConversationScript.builder()
              .send("one\n")
              .expect("one\n")
              .send(LONG)
              .expect(LONG)
              .build());
    }

    Contract(CustomProtocolSubsystem protocol, ConversationScript script) {
      this.protocol = protocol;
      this.script = script;
    }

    @Override
    protected CustomProtocolSubsystem protocol() {
      return protocol;
    }

    @Override
    protected ConversationScript script() {
      return script;
    }
  }

  static CustomProtocolSubsystem protocol(BiFunction<ConnId, SessionWriter, Session> make) {
    return new CustomProtocolSubsystem() {
      @Override
      public String name() {
        return "BROKEN";
      }

      @Override
      public Session create(ConnId id, SessionWriter writer) {
        return make.apply(id, writer);
      }
    };
  }

  static void check(
      BiFunction<ConnId, SessionWriter, Session> make, Consumer<SessionContract> rule) {
    check(protocol(make), rule);
  }

  static void check(CustomProtocolSubsystem protocol, Consumer<SessionContract> rule) {
    check(new Contract(protocol), rule);
  }

  static void check(SessionContract contract, Consumer<SessionContract> rule) {
    contract.readScript();
    rule.accept(contract);
  }

  static void caught(
      BiFunction<ConnId, SessionWriter, Session> make,
      Consumer<SessionContract> rule,
      String because) {
    assertThatThrownBy(() -> check(make, rule))
        .isInstanceOf(AssertionError.class)
        .hasStackTraceContaining(because);
  }
}
