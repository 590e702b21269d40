// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.dnsresponder;

import dev.sluice.api.Setting;
import java.time.Duration;
import java.util.Map;

/**
 * What an interface's {@code protocol_config} may say.
 *
 * @param names what is served
 * @param ttl of every answer
 */
public record DnsSettings(
    @Setting(description = "The names that are served, each with its records.")
        Map<String, DnsName> names,
    @Setting(
            description = "How long an answer may be remembered, in whole seconds.",
            defaultValue = "60s",
            max = "24h")
        Duration ttl) {

  /** Builds every answer once, so that a mistake is found before the node starts. */
  public DnsSettings {
    names = Map.copyOf(names);
    Zone.check(names);
  }
}
