// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.ProtocolDetector;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import java.util.Optional;

/** Makes {@link SimSession}s, or fails at it. */
final class SimProtocol implements CustomProtocolSubsystem, ProtocolDetector {

  private final Simulation sim;
  private final String name;
  private final Execution execution;
  private final boolean speaksFirst;
  private final int headBytes;

  SimProtocol(Simulation sim, String name, Execution execution, boolean speaksFirst) {
    this.sim = sim;
    this.name = name;
    this.execution = execution;
    this.speaksFirst = speaksFirst;
    this.headBytes = 1 + sim.choices().below(40);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Execution execution() {
    return execution;
  }

  @Override
  public boolean speaksFirst() {
    return speaksFirst;
  }

  @Override
  public Optional<ProtocolDetector> detector() {
    return Optional.of(this);
  }

  @Override
  public Detection detect(ByteBuf head) {
    int answer = sim.choices().below(8);
    if (answer == 7) {
      head.release();
      throw new IllegalStateException("a detector that fails");
    }
    return answer < 4
        ? Detection.NEED_MORE
        : answer < 6 ? Detection.RECOGNISED : Detection.NOT_RECOGNISED;
  }

  @Override
  public int maxBytes() {
    return headBytes;
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    return make(id, writer, false);
  }

  @Override
  public Session createCapped(ConnId id, SessionWriter writer) {
    Session made = make(id, writer, true);
    if (sim.choices().oneIn(2)) {
      writer.closeSocket(id);
    }
    return made;
  }

  private Session make(ConnId id, SessionWriter writer, boolean capped) {
    SimConnection connection = sim.connection(id);
    Session[] made = new Session[1];
    connection.call(
        "create",
        () -> {
          if (connection.createCalled) {
            sim.fail(connection + ": create() called twice");
          }
          if (capped != connection.bridge().capped()) {
            sim.fail(connection + ": capped " + capped);
          }
          connection.createCalled = true;
          connection.writer = writer;
          SimSession session = new SimSession(connection, writer);
          int answer = sim.choices().below(40);
          if (answer == 39) {
            throw new IllegalStateException("no session");
          }
          if (answer == 38) {
            return;
          }
          session.act(null, 0);
          connection.session = session;
          made[0] = session;
        });
    return made[0];
  }
}
