// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;

/** Certificates that authorities have issued, and their files. */
public final class IssuedCertificates {

  private IssuedCertificates() {}

  public static X509Bundle authority(String name, X509Bundle issuer) {
    CertificateBuilder builder =
        new CertificateBuilder()
            .subject("CN=" + name)
            .ecp256()
            .setIsCertificateAuthority(true)
            .setKeyUsage(true, CertificateBuilder.KeyUsage.keyCertSign);
    return build(builder, issuer);
  }

  /** One that was valid until a minute ago. */
  static X509Bundle expiredAuthority(X509Bundle issuer) {
    CertificateBuilder builder =
        new CertificateBuilder()
            .subject("CN=Expired")
            .ecp256()
            .notBefore(Instant.now().minus(Duration.ofDays(2)))
            .notAfter(Instant.now().minus(Duration.ofMinutes(1)))
            .setIsCertificateAuthority(true)
            .setKeyUsage(true, CertificateBuilder.KeyUsage.keyCertSign);
    return build(builder, issuer);
  }

  /** For clients and servers, valid for half a year. */
  public static X509Bundle issued(X509Bundle issuer, String dnsName) {
    Instant now = Instant.now();
    return issued(issuer, dnsName, now.minus(Duration.ofHours(1)), now.plus(Duration.ofDays(180)));
  }

  public static X509Bundle issued(X509Bundle issuer, String dnsName, Instant from, Instant to) {
    CertificateBuilder builder =
        new CertificateBuilder()
            .subject("CN=" + dnsName)
            .ecp256()
            .notBefore(from)
            .notAfter(to)
            .addSanDnsName(dnsName)
            .setKeyUsage(true, CertificateBuilder.KeyUsage.digitalSignature);
    return build(builder, issuer);
  }

  private static X509Bundle build(CertificateBuilder builder, X509Bundle issuer) {
    try {
      return issuer == null ? builder.buildSelfSigned() : builder.buildIssuedBy(issuer);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** The certificate and those that lead from it to its root. */
  public static String chain(X509Bundle bundle) {
    return bundle.getCertificatePathPEM();
  }

  /** As a secret of Kubernetes: a folder behind a link, and links into it that stay. */
  static void swap(Path secret, X509Bundle bundle) throws IOException {
    Files.createDirectories(secret);
    Path version = Files.createTempDirectory(secret, "..v");
    Files.writeString(version.resolve("tls.crt"), chain(bundle));
    Files.writeString(version.resolve("tls.key"), bundle.getPrivateKeyPEM());
    for (String name : new String[] {"tls.crt", "tls.key"}) {
      if (!Files.isSymbolicLink(secret.resolve(name))) {
        Files.createSymbolicLink(secret.resolve(name), Path.of("..data", name));
      }
    }
    Path next = secret.resolve("..data_tmp");
    Files.createSymbolicLink(next, version.getFileName());
    Files.move(
        next,
        secret.resolve("..data"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }
}
