// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.relay;

import com.google.auto.service.AutoService;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import java.util.Optional;

/**
 * Passes the bytes of each connection on to another host and back, whatever they are: the other
 * side is another connection, opened as soon as there is one.
 */
@AutoService(CustomProtocolSubsystem.class)
public final class RelayProtocol implements CustomProtocolSubsystem {

  /** For the service loader. */
  public RelayProtocol() {}

  @Override
  public String name() {
    return "RELAY";
  }

  /** Where the other host may. */
  @Override
  public boolean speaksFirst() {
    return true;
  }

  /** Passing on only computes. */
  @Override
  public Execution execution() {
    return Execution.EVENT_LOOP;
  }

  @Override
  public Optional<Class<? extends Record>> settingsType() {
    return Optional.of(Destination.class);
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    RelaySide near = new RelaySide(id, writer);
    near.connect(writer.context(id).settings(Destination.class));
    return near;
  }
}
