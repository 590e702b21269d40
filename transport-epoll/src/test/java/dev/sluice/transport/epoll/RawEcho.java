// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;

/** Sends back every byte. */
record RawEcho(Execution execution) implements CustomProtocolSubsystem {

  @Override
  public String name() {
    return "RAW_ECHO";
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    return new Session() {
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
    };
  }
}
