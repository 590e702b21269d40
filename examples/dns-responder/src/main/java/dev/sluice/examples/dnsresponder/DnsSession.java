// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.dnsresponder;

import dev.sluice.api.ConnId;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;

/**
 * On datagrams: one question, one answer, and the peer is forgotten. A resolver asks from a new
 * port each time, and forged questions hold no place.
 */
final class DnsSession implements Session {

  /** What a client takes that says nothing else (RFC 1035, section 4.2.1). */
  private static final int MOST = 512;

  private final ConnId id;
  private final SessionWriter writer;
  private final Answers answers;

  DnsSession(ConnId id, SessionWriter writer, Zone zone) {
    this.id = id;
    this.writer = writer;
    this.answers = new Answers(writer.context(id), zone, MOST);
  }

  @Override
  public void handleIncomingData(ByteBuf data) {
    ByteBuf answer = answers.isQuestion(data) ? answers.answer(data) : null;
    if (answer != null) {
      writer.writeOutbound(id, answer);
    }
    writer.closeSocket(id);
  }

  /** Answers belong to questions. */
  @Override
  public boolean sendData(ByteBuf data) {
    return false;
  }

  @Override
  public void closeSession() {
    writer.closeSocket(id);
  }
}
