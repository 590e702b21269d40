// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.NetUtil;
import java.net.IDN;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A certificate to try things with: P-256, signed by itself, good for TLS servers by the names it
 * was made for. A client trusts it by trusting this one certificate; it can sign no other.
 */
public final class DevelopmentCertificate {

  /** What a client on the same machine may call the node. */
  public static final List<String> LOOPBACK_HOSTS = List.of("localhost", "127.0.0.1", "::1");

  /** RFC 1123, section 2.1. No stars: our certificate builder has no notion of them. */
  private static final Pattern DNS_NAME =
      Pattern.compile(
          "([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?",
          Pattern.CASE_INSENSITIVE);

  private static final String SUBJECT = "CN=Sluice development certificate";

  private static final int LONGEST_DNS_NAME = 253;

  /** Clocks differ, also between a host and the virtual machines on it. */
  private static final Duration CLOCK_SKEW = Duration.ofHours(1);

  private final List<String> hosts;
  private final X509Bundle bundle;

  private DevelopmentCertificate(List<String> hosts, X509Bundle bundle) {
    this.hosts = hosts;
    this.bundle = bundle;
  }

  /**
   * Makes a key and a certificate.
   *
   * @param hosts DNS names and IP addresses (IPv6 without brackets), at least one
   * @param validity from now on
   * @return a new one each time
   * @throws IllegalArgumentException if a host is neither, with a message for whoever gave it
   */
  public static DevelopmentCertificate create(List<String> hosts, Duration validity) {
    if (hosts.isEmpty()) {
      throw new IllegalArgumentException("a certificate needs at least one host");
    }
    Instant now = Instant.now();
    CertificateBuilder builder =
        new CertificateBuilder()
            .subject(SUBJECT)
            .notBefore(now.minus(CLOCK_SKEW))
            .notAfter(now.plus(validity))
            .setKeyUsage(true, CertificateBuilder.KeyUsage.digitalSignature)
            .addExtendedKeyUsageServerAuth();
    Set<String> named = new LinkedHashSet<>();
    for (String host : hosts) {
      if (isIpAddress(host)) {
        if (named.add(host)) {
          builder.addSanIpAddress(host);
        }
      } else {
        String name = dnsName(host);
        if (named.add(name)) {
          builder.addSanDnsName(name);
        }
      }
    }
    try {
      return new DevelopmentCertificate(List.copyOf(named), signByItself(builder));
    } catch (Exception e) {
      throw new IllegalStateException("no certificate could be made: " + e.getMessage(), e);
    }
  }

  /**
   * The builder signs by itself only what may sign others, which browsers refuse in a server and
   * nobody should have to trust. So one with the same name and key signs, and is thrown away.
   */
  private static X509Bundle signByItself(CertificateBuilder builder) throws Exception {
    X509Bundle signer =
        new CertificateBuilder()
            .ecp256()
            .subject(SUBJECT)
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    return builder
        .keyPair(signer.getKeyPair())
        .setIsCertificateAuthority(false)
        .buildIssuedBy(signer);
  }

  /** Brackets are for URLs, and a scope means nothing to a client elsewhere. */
  private static boolean isIpAddress(String host) {
    return NetUtil.isValidIpV4Address(host)
        || (NetUtil.isValidIpV6Address(host) && host.indexOf('[') < 0 && host.indexOf('%') < 0);
  }

  private static String dnsName(String host) {
    String name;
    try {
      name = IDN.toASCII(host);
    } catch (IllegalArgumentException e) {
      name = "";
    }
    if (name.length() > LONGEST_DNS_NAME || !DNS_NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "'" + host + "' is neither a DNS name nor an IP address (IPv6 without brackets)");
    }
    return name;
  }

  /**
   * Whom it is for.
   *
   * @return the hosts, each once, as they stand in the certificate
   */
  public List<String> hosts() {
    return hosts;
  }

  /**
   * The certificate.
   *
   * @return its own issuer
   */
  public X509Certificate certificate() {
    return bundle.getCertificate();
  }

  /**
   * The certificate's key.
   *
   * @return an EC key
   */
  public PrivateKey privateKey() {
    return bundle.getKeyPair().getPrivate();
  }

  /**
   * The certificate for a {@code cert_file}.
   *
   * @return PEM
   */
  public String certificatePem() {
    return bundle.getCertificatePEM();
  }

  /**
   * The key for a {@code key_file}.
   *
   * @return PEM, PKCS#8, not encrypted
   */
  public String privateKeyPem() {
    return bundle.getPrivateKeyPEM();
  }
}
