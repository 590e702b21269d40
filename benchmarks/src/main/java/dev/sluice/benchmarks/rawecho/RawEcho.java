// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks.rawecho;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;

/**
 * The protocol {@code RAW_ECHO}: bytes go back as they came. It does next to nothing itself, so
 * that what is measured is the node's.
 */
public final class RawEcho implements CustomProtocolSubsystem {

  @Override
  public String name() {
    return "RAW_ECHO";
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    return new EchoSession(id, writer);
  }

  /** As in a hand-written pipeline: no hand-over to another thread. */
  @Override
  public Execution execution() {
    return Execution.EVENT_LOOP;
  }

  private record EchoSession(ConnId id, SessionWriter writer) implements Session {

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
}
