// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.datagram;

import dev.sluice.api.ConnId;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;

/** One peer. Ends when nothing has come from it for the interface's idle timeout. */
final class DatagramEchoSession implements Session {

  private final ConnId id;
  private final SessionWriter writer;

  DatagramEchoSession(ConnId id, SessionWriter writer) {
    this.id = id;
    this.writer = writer;
  }

  /** One whole datagram; an empty one is one too. */
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
