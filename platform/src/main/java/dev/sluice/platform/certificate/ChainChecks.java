// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.certificate;

import java.security.GeneralSecurityException;
import java.security.ProviderException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * Whether clients can follow a chain today. That the key is the first certificate's is not asked
 * here.
 */
final class ChainChecks {

  private ChainChecks() {}

  /**
   * @param chain the server's own certificate first
   * @throws CertificateRefusedException unless each is signed by the next, and all are valid now
   */
  static void check(List<X509Certificate> chain, Instant now) throws CertificateRefusedException {
    for (int i = 0; i + 1 < chain.size(); i++) {
      if (!isSignedBy(chain.get(i), chain.get(i + 1))) {
        throw new CertificateRefusedException(
            "the chain is broken: %s was not signed by the one behind it, %s"
                .formatted(said(chain, i), subject(chain.get(i + 1))));
      }
    }
    for (int i = 0; i < chain.size(); i++) {
      Instant end = chain.get(i).getNotAfter().toInstant();
      if (now.isAfter(end)) {
        throw new CertificateRefusedException(said(chain, i) + " expired at " + end);
      }
    }
    Instant begin = notBefore(chain);
    for (int i = 0; i < chain.size(); i++) {
      Instant from = chain.get(i).getNotBefore().toInstant();
      if (now.isBefore(from)) {
        throw new CertificateRefusedException(
            said(chain, i) + " is not valid before " + from, begin);
      }
    }
  }

  private static boolean isSignedBy(X509Certificate signed, X509Certificate signer) {
    if (!signed.getIssuerX500Principal().equals(signer.getSubjectX500Principal())) {
      return false;
    }
    try {
      signed.verify(signer.getPublicKey());
      return true;
    } catch (GeneralSecurityException | ProviderException another) {
      return false;
    }
  }

  /** From when on all are valid. */
  static Instant notBefore(List<X509Certificate> chain) {
    return chain.stream()
        .map(each -> each.getNotBefore().toInstant())
        .max(Instant::compareTo)
        .orElseThrow();
  }

  /** Until when all are valid. */
  static Instant notAfter(List<X509Certificate> chain) {
    return chain.stream()
        .map(each -> each.getNotAfter().toInstant())
        .min(Instant::compareTo)
        .orElseThrow();
  }

  private static String said(List<X509Certificate> chain, int index) {
    String subject = subject(chain.get(index));
    return chain.size() == 1
        ? "the certificate " + subject
        : "certificate " + (index + 1) + " of the chain, " + subject + ",";
  }

  private static String subject(X509Certificate certificate) {
    return "'" + certificate.getSubjectX500Principal().getName() + "'";
  }
}
