// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The certificate as the JDK, which did not make it, reads it. */
class DevelopmentCertificateTest {

  private static final Duration WEEK = Duration.ofDays(7);
  private static final int DNS = 2;
  private static final int IP = 7;

  @Test
  void theJdkReadsTheCertificateAndItsNames() throws Exception {
    DevelopmentCertificate made =
        DevelopmentCertificate.create(DevelopmentCertificate.LOOPBACK_HOSTS, WEEK);

    X509Certificate read = read(made.certificatePem());
    assertThat(read).isEqualTo(made.certificate());
    read.verify(read.getPublicKey());
    assertThat(read.getIssuerX500Principal()).isEqualTo(read.getSubjectX500Principal());
    read.checkValidity();
    read.checkValidity(Date.from(Instant.now().plus(Duration.ofDays(6))));
    assertThat(read.getNotAfter()).isBefore(Date.from(Instant.now().plus(WEEK).plusSeconds(1)));
    assertThat(read.getSubjectAlternativeNames())
        .containsExactly(
            List.of(DNS, "localhost"), List.of(IP, "127.0.0.1"), List.of(IP, "0:0:0:0:0:0:0:1"));
    assertThat(((ECPublicKey) read.getPublicKey()).getParams().getOrder().bitLength())
        .isEqualTo(256);
    assertThat(read.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
    assertThat(read.getBasicConstraints()).as("signs no other").isEqualTo(-1);
  }

  @Test
  void theKeyIsPkcs8AndTheCertificatesOwn() throws Exception {
    DevelopmentCertificate made = DevelopmentCertificate.create(List.of("a.example"), WEEK);

    assertThat(made.privateKeyPem()).startsWith("-----BEGIN PRIVATE KEY-----");
    byte[] encoded =
        Base64.getMimeDecoder().decode(made.privateKeyPem().replaceAll("-----[A-Z ]+-----", ""));
    PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
    assertThat(key).isEqualTo(made.privateKey());
    byte[] text = "text".getBytes(StandardCharsets.UTF_8);
    Signature signer = Signature.getInstance("SHA256withECDSA");
    signer.initSign(key);
    signer.update(text);
    byte[] signed = signer.sign();
    Signature verifier = Signature.getInstance("SHA256withECDSA");
    verifier.initVerify(read(made.certificatePem()));
    verifier.update(text);
    assertThat(verifier.verify(signed)).isTrue();
  }

  @Test
  void hostsAreNamedOnceAndInAscii() throws Exception {
    DevelopmentCertificate made =
        DevelopmentCertificate.create(
            List.of("bücher.example", "a-1.example", "a-1.example"), WEEK);

    assertThat(made.hosts()).containsExactly("xn--bcher-kva.example", "a-1.example");
    assertThat(made.certificate().getSubjectAlternativeNames()).hasSize(2);
  }

  @Test
  void noTwoAreAlike() {
    X509Certificate one = DevelopmentCertificate.create(List.of("a"), WEEK).certificate();
    X509Certificate two = DevelopmentCertificate.create(List.of("a"), WEEK).certificate();

    assertThat(one.getSerialNumber()).isNotEqualTo(two.getSerialNumber()).isPositive();
    assertThat(one.getPublicKey()).isNotEqualTo(two.getPublicKey());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a b",
        "*.a",
        "a_b",
        "a.1",
        "fe80::1%eth0",
        "1.2.3",
        "a..b",
        "-a",
        "[::1]",
        "a:8443",
        "https://a",
        "*",
        "a.*.b",
        "a\nb",
        "a."
      })
  void whatIsNoHostIsRefused(String host) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DevelopmentCertificate.create(List.of(host), WEEK))
        .withMessageContaining("'" + host + "' is neither a DNS name nor an IP address");
  }

  @Test
  void noHostAtAllIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DevelopmentCertificate.create(List.of(), WEEK));
  }

  private static X509Certificate read(String pem) throws Exception {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
  }
}
