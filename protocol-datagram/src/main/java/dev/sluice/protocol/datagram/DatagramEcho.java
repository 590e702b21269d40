// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.datagram;

import com.google.auto.service.AutoService;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.Transport;
import java.util.Set;

/** The protocol {@code ECHO} (RFC 862, on UDP): every datagram comes back as it came. */
@AutoService(CustomProtocolSubsystem.class)
public final class DatagramEcho implements CustomProtocolSubsystem {

  @Override
  public String name() {
    return "ECHO";
  }

  @Override
  public Set<Transport> transports() {
    return Set.of(Transport.UDP);
  }

  /** An echo never blocks, so it may run on the loop that received the datagram. */
  @Override
  public Execution execution() {
    return Execution.EVENT_LOOP;
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    return new DatagramEchoSession(id, writer);
  }
}
