// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Writes down what it hears, and does what a test wants at it. */
final class RecordingSession implements Session {

  final ConnId id;
  final SessionWriter writer;
  final List<String> heard = new ArrayList<>();

  /** How often it heard that a pass was complete. */
  int passes;

  Consumer<String> reaction = what -> {};

  RecordingSession(ConnId id, SessionWriter writer) {
    this.id = id;
    this.writer = writer;
  }

  private void hear(String what) {
    heard.add(what);
    reaction.accept(what);
  }

  boolean write(int bytes) {
    return writer.writeOutbound(id, Unpooled.buffer(bytes).writeZero(bytes));
  }

  /** Its completion is heard as a line. */
  boolean writeTold(String name, int bytes) {
    return writer.writeOutbound(
        id, Unpooled.buffer(bytes).writeZero(bytes), written -> hear(name + " " + written));
  }

  @Override
  public void handleIncomingData(ByteBuf data) {
    hear("data " + data.toString(StandardCharsets.US_ASCII));
  }

  @Override
  public void incomingComplete() {
    passes++;
  }

  @Override
  public boolean sendData(ByteBuf data) {
    hear("sendData " + data.readableBytes());
    return true;
  }

  @Override
  public void closeSession() {
    hear("closeSession");
  }

  @Override
  public void inputClosed() {
    hear("inputClosed");
  }

  @Override
  public void writabilityChanged(boolean writable) {
    hear("writable " + writable);
  }

  @Override
  public void connectionClosed(CloseReason reason) {
    hear("closed " + reason);
  }
}
