// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.PlaintextSession;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;

/**
 * Runs commands in their order, one behind the other's answer. A client that does not read its
 * answers has none of its further commands run, and its messages wait in its mailbox.
 */
final class RedisSession extends PlaintextSession {

  /** What may still come once reading is paused. */
  private static final int ON_ITS_WAY = 256 << 10;

  private final RespParser parser;
  private final Client client;
  private boolean inputEnded;

  RedisSession(ConnId id, SessionWriter writer, RedisSettings settings, Store store) {
    super(
        id,
        writer,
        RespParser.mostUnread(settings.maxCommandLength().toIntSaturated()) + ON_ITS_WAY);
    parser =
        new RespParser(
            settings.maxBulkLength().toIntSaturated(),
            settings.maxArguments(),
            settings.maxCommandLength().toIntSaturated());
    client = new Client(id, writer, settings, store, this::messages);
  }

  @Override
  protected boolean parse(ByteBuf in) {
    if (client.leaving()) {
      in.skipBytes(in.readableBytes());
      return true;
    }
    if (client.output().blocked()) {
      return true; // unread until the client has read
    }
    try {
      byte[][] words = parser.next(in);
      if (words != null && words.length > 0) {
        Commands.run(client, words);
      }
      return true;
    } catch (ProtocolException e) {
      context().count("protocol_error");
      client.reply().error("ERR Protocol error: " + e.getMessage());
      client.output().drain();
      return false;
    }
  }

  @Override
  public void incomingComplete() {
    client.output().drain();
    leaveIfDone();
  }

  @Override
  public void writabilityChanged(boolean writable) {
    if (!writable) {
      writer().pauseReads(id());
      return;
    }
    if (!client.output().blocked()) {
      client.output().drain();
      writer().resumeReads(id());
      parseAgain();
      messages();
    }
  }

  private void messages() {
    client.takeMessages();
    client.output().drain();
    leaveIfDone();
  }

  /** Answers have an order. */
  @Override
  public boolean sendData(ByteBuf data) {
    return false;
  }

  @Override
  public void inputClosed() {
    inputEnded = true;
    leaveIfDone();
  }

  /** Begins no further command. */
  @Override
  public void closeSession() {
    client.leave();
    client.output().drain();
    leaveIfDone();
  }

  /** What is owed goes first; a client that never reads it is the node's to end. */
  private void leaveIfDone() {
    boolean done = client.leaving() || (inputEnded && !client.output().blocked());
    if (done && client.output().isEmpty()) {
      close();
    }
  }

  @Override
  protected void closed(CloseReason reason) {
    client.end();
  }
}
