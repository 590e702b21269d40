// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** An authority, an intermediate, a server and clients, made once for all tests of the module. */
final class TestCertificates {

  static final X509Bundle ROOT = authority("Test Root", null);
  static final X509Bundle INTERMEDIATE = authority("Test Intermediate", ROOT);
  static final X509Bundle SERVER = leaf("CN=localhost", INTERMEDIATE, true);
  static final X509Bundle CLIENT = leaf("CN=trusted client", INTERMEDIATE, false);
  static final X509Bundle STRANGER = leaf("CN=stranger", authority("Other Root", null), false);

  private static final Path FOLDER = folder();

  /** The server's chain without the root: what a server has to send. */
  static final Path SERVER_CHAIN =
      write("server.pem", SERVER.getCertificatePEM() + INTERMEDIATE.getCertificatePEM());

  static final Path SERVER_KEY = write("server.key", SERVER.getPrivateKeyPEM());
  static final Path TRUSTED = write("trusted.pem", ROOT.getCertificatePEM());

  private TestCertificates() {}

  private static X509Bundle authority(String name, X509Bundle issuer) {
    return build(
        new CertificateBuilder()
            .subject("CN=" + name)
            .setIsCertificateAuthority(true)
            .ecp256()
            .setKeyUsage(
                true,
                CertificateBuilder.KeyUsage.keyCertSign,
                CertificateBuilder.KeyUsage.digitalSignature),
        issuer);
  }

  private static X509Bundle leaf(String subject, X509Bundle issuer, boolean server) {
    CertificateBuilder builder =
        new CertificateBuilder()
            .subject(subject)
            .ecp256()
            .setKeyUsage(true, CertificateBuilder.KeyUsage.digitalSignature);
    if (server) {
      builder.addSanDnsName("localhost").addSanIpAddress("127.0.0.1").addSanIpAddress("::1");
    }
    return build(builder, issuer);
  }

  /** Another client of the trusted authority. */
  static X509Bundle client(String name) {
    return leaf("CN=" + name, INTERMEDIATE, false);
  }

  /** A server by these names, which may have stars. */
  static X509Bundle server(String... dnsNames) {
    ByteArrayOutputStream names = new ByteArrayOutputStream();
    for (String name : dnsNames) {
      // GeneralName of RFC 5280, section 4.2.1.6: [2] IA5String
      names.write(0x82);
      names.write(name.length());
      names.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
    }
    ByteArrayOutputStream sequence = new ByteArrayOutputStream();
    sequence.write(0x30);
    sequence.write(names.size());
    sequence.writeBytes(names.toByteArray());
    return build(
        new CertificateBuilder()
            .subject("CN=" + dnsNames[0])
            .ecp256()
            .setKeyUsage(true, CertificateBuilder.KeyUsage.digitalSignature)
            .addExtensionOctetString("2.5.29.17", false, sequence.toByteArray()),
        ROOT);
  }

  private static X509Bundle build(CertificateBuilder builder, X509Bundle issuer) {
    try {
      return issuer == null ? builder.buildSelfSigned() : builder.buildIssuedBy(issuer);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path folder() {
    try {
      Path folder = Files.createTempDirectory("sluice-test-certificates");
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    for (String file : List.of("server.pem", "server.key", "trusted.pem")) {
                      folder.resolve(file).toFile().delete();
                    }
                    folder.toFile().delete();
                  }));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path write(String file, String text) {
    try {
      return Files.writeString(FOLDER.resolve(file), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A client that trusts the test authority and may show a certificate. */
  static SSLContext clientContext(X509Bundle own) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
      roots.load(null, null);
      roots.setCertificateEntry("root", ROOT.getCertificate());
      trust.init(roots);
      KeyManagerFactory keys = null;
      if (own != null) {
        keys = own.toKeyManagerFactory();
      }
      context.init(keys == null ? null : keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** A client that believes anybody, for tests in which trust is not the point. */
  static SSLContext credulousContext() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          null,
          new TrustManager[] {
            new X509TrustManager() {
              @Override
              public void checkClientTrusted(X509Certificate[] chain, String type) {}

              @Override
              public void checkServerTrusted(X509Certificate[] chain, String type) {
                assert Arrays.stream(chain).allMatch(c -> c != null);
              }

              @Override
              public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
              }
            }
          },
          null);
      return context;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
