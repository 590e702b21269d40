// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.PlaintextSession;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Speaks first, answers commands a line each, one of them late, and says goodbye. */
public final class Greeter implements CustomProtocolSubsystem {

  @Override
  public String name() {
    return "GREETER";
  }

  @Override
  public boolean speaksFirst() {
    return true;
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    return new GreeterSession(id, writer, "hi\n");
  }

  @Override
  public Session createCapped(ConnId id, SessionWriter writer) {
    GreeterSession session = new GreeterSession(id, writer, "full\n");
    writer.closeSocket(id, CloseReason.CAPPED);
    return session;
  }

  private static final class GreeterSession extends PlaintextSession {

    GreeterSession(ConnId id, SessionWriter writer, String greeting) {
      super(id, writer, 64);
      say(greeting);
    }

    @Override
    protected boolean parse(ByteBuf in) {
      int length = in.bytesBefore((byte) '\n');
      if (length < 0) {
        return true;
      }
      String command = in.toString(in.readerIndex(), length, StandardCharsets.US_ASCII);
      in.skipBytes(length + 1);
      switch (command) {
        case "PING" -> say("PONG\n");
        case "LATER" -> context().schedule(Duration.ofSeconds(5), () -> say("NOW\n"));
        case "QUIT" -> {
          say("BYE\n");
          close();
        }
        default -> {
          return false;
        }
      }
      return true;
    }

    private void say(String text) {
      send(ByteBufUtil.writeAscii(context().allocator(), text));
    }
  }
}
