// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.lineecho;

import com.google.auto.service.AutoService;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import java.util.Optional;

/** The protocol {@code LINE_ECHO}. */
@AutoService(CustomProtocolSubsystem.class)
public final class LineEcho implements CustomProtocolSubsystem {

  @Override
  public String name() {
    return "LINE_ECHO";
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    LineEchoSettings settings = writer.context(id).settings(LineEchoSettings.class);
    return new LineEchoSession(id, writer, settings.maxLineLength().toIntSaturated());
  }

  /** An echo never blocks, so it may run on the loop that read the bytes. */
  @Override
  public Execution execution() {
    return Execution.EVENT_LOOP;
  }

  @Override
  public Optional<Class<? extends Record>> settingsType() {
    return Optional.of(LineEchoSettings.class);
  }
}
