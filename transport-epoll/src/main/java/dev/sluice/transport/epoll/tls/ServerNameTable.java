// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.tls;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the certificate for the name that a client asks for (RFC 6066, section 3), as a client will
 * compare it (RFC 6125, section 6.4): in any case; a star stands for the whole first label and for
 * nothing else. Immutable.
 *
 * @param exact by name, in lower case
 * @param wildcards by what follows the star, from its dot on
 * @param fallback for clients that name none; null as long as it has not come
 * @param refusesUnknown whether a name that is not found is refused
 */
record ServerNameTable(
    Map<String, ServedCertificate> exact,
    Map<String, ServedCertificate> wildcards,
    @Nullable ServedCertificate fallback,
    boolean refusesUnknown) {

  static final ServerNameTable EMPTY = new ServerNameTable(Map.of(), Map.of(), null, false);

  /** Of two certificates for one name the earlier is served. */
  static ServerNameTable of(
      Stream<ServedCertificate> certificates,
      @Nullable ServedCertificate fallback,
      boolean refusesUnknown) {
    Map<String, ServedCertificate> exact = new HashMap<>();
    Map<String, ServedCertificate> wildcards = new HashMap<>();
    certificates.forEach(
        served -> {
          for (String dnsName : served.dnsNames()) {
            String name = canonical(dnsName);
            if (name.startsWith("*.")) {
              wildcards.putIfAbsent(name.substring(1), served);
            } else {
              exact.putIfAbsent(name, served);
            }
          }
        });
    return new ServerNameTable(exact, wildcards, fallback, refusesUnknown);
  }

  /** Null: refused. */
  @Nullable ServedCertificate find(Optional<String> serverName) {
    if (serverName.isEmpty() || (!refusesUnknown && exact.isEmpty() && wildcards.isEmpty())) {
      return fallback;
    }
    String name = canonical(serverName.get());
    ServedCertificate served = exact.get(name);
    int dot = name.indexOf('.');
    if (served == null && dot > 0) {
      served = wildcards.get(name.substring(dot));
    }
    return served == null && !refusesUnknown ? fallback : served;
  }

  private static String canonical(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }
}
