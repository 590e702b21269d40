// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.dnsresponder;

import com.google.auto.service.AutoService;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.Transport;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The protocol {@code DNS} (RFC 1035): answers A, AAAA and TXT for the names in its settings. */
@AutoService(CustomProtocolSubsystem.class)
public final class DnsResponder implements CustomProtocolSubsystem {

  /** One for each interface, whose sessions all have the same settings. */
  private final Map<DnsSettings, Zone> zones = new ConcurrentHashMap<>();

  @Override
  public String name() {
    return "DNS";
  }

  @Override
  public Set<Transport> transports() {
    return Set.of(Transport.UDP, Transport.TCP);
  }

  /** The answers are in memory. */
  @Override
  public Execution execution() {
    return Execution.EVENT_LOOP;
  }

  @Override
  public Optional<Class<? extends Record>> settingsType() {
    return Optional.of(DnsSettings.class);
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    DnsSettings settings = writer.context(id).settings(DnsSettings.class);
    Zone zone = zones.computeIfAbsent(settings, Zone::new);
    return writer.context(id).transport() == Transport.UDP
        ? new DnsSession(id, writer, zone)
        : new DnsStreamSession(id, writer, zone);
  }
}
