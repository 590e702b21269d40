// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.certificate;

import dev.sluice.transport.epoll.tls.ServerIdentity;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/** An identity that is served, with what is shown of it, which is found out once. */
record ServedIdentity(
    ServerIdentity identity,
    String subject,
    String issuer,
    List<String> dnsNames,
    String sha256,
    Instant notBefore,
    Instant notAfter,
    Instant since) {

  /** The tag of a dNSName in a subjectAltName (RFC 5280, section 4.2.1.6). */
  private static final int DNS_NAME = 2;

  static ServedIdentity of(ServerIdentity identity, Instant since) {
    X509Certificate own = identity.chain().get(0);
    return new ServedIdentity(
        identity,
        OneLine.of(own.getSubjectX500Principal().getName()),
        OneLine.of(own.getIssuerX500Principal().getName()),
        dnsNames(own),
        sha256(own),
        ChainChecks.notBefore(identity.chain()),
        ChainChecks.notAfter(identity.chain()),
        since);
  }

  /** One that can't be read has none: the certificate is still good for clients that ask for it. */
  private static List<String> dnsNames(X509Certificate certificate) {
    try {
      if (certificate.getSubjectAlternativeNames() == null) {
        return List.of();
      }
      return certificate.getSubjectAlternativeNames().stream()
          .filter(name -> Integer.valueOf(DNS_NAME).equals(name.get(0)))
          .map(name -> String.valueOf(name.get(1)))
          .toList();
    } catch (CertificateParsingException e) {
      return List.of();
    }
  }

  private static String sha256(X509Certificate certificate) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
