// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.certificate;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What is known of a certificate at one moment.
 *
 * @param name as configuration calls it
 * @param fromFiles whether it comes from files; else it comes by call
 * @param available whether there is one to serve with
 * @param generation 1 for the first that was served, one more for each that took its place; 0
 *     before
 * @param subject of the served certificate, as RFC 2253 writes names; may be an empty text
 * @param issuer of the served certificate
 * @param dnsNames whom the served certificate is for, as they stand in its subjectAltName
 * @param sha256 the served certificate's fingerprint in hexadecimal
 * @param notBefore from when on all of the served chain is valid
 * @param notAfter until when all of the served chain is valid
 * @param since when the node began to serve it
 * @param replacements how often one took the place of another
 * @param failures how often one was refused
 * @param lastFailure why the last one was refused; empty once all is well again
 * @param interfaces those that serve with it, in the order of the configuration
 * @param retired contexts that others took the place of and that connections still hold, on all
 *     interfaces
 */
public record CertificateStatus(
    String name,
    boolean fromFiles,
    boolean available,
    long generation,
    Optional<String> subject,
    Optional<String> issuer,
    List<String> dnsNames,
    Optional<String> sha256,
    Optional<Instant> notBefore,
    Optional<Instant> notAfter,
    Optional<Instant> since,
    long replacements,
    long failures,
    Optional<Failure> lastFailure,
    List<String> interfaces,
    long retired) {

  /** Copies the lists. */
  public CertificateStatus {
    dnsNames = List.copyOf(dnsNames);
    interfaces = List.copyOf(interfaces);
  }

  /**
   * A certificate that was refused.
   *
   * @param at when
   * @param reason why, in words and on one line
   */
  public record Failure(Instant at, String reason) {}

  /**
   * How long the served chain is valid.
   *
   * @param now from when on
   * @return whole days; below 0 once it has expired, and 0 where there is none
   */
  public long daysLeft(Instant now) {
    return notAfter
        .map(end -> Math.floorDiv(Duration.between(now, end).toSeconds(), 86_400L))
        .orElse(0L);
  }
}
