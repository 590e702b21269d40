// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import dev.sluice.platform.DevelopmentCertificate;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Who the node is to its clients, and who a client is to the node: files for both, and for clients
 * in the test what trusts the one and shows the other.
 */
final class TestCertificates {

  static final String NODE = "node.crt";
  static final String NODE_KEY = "node.key";
  static final String CLIENT = "client.crt";
  static final String CLIENT_KEY = "client.key";

  /** What the client's certificate calls it, see {@link SluiceNode#CLIENT_NAME}. */
  private static final String CLIENT_SUBJECT = "CN=" + SluiceNode.CLIENT_NAME;

  /** Long enough for the node not to warn of its end. */
  private static final Duration VALIDITY = Duration.ofDays(90);

  private static final char[] NO_PASSWORD = new char[0];

  private final Path folder;
  private final SSLContext trusting;
  private final SSLContext identified;

  private TestCertificates(Path folder, SSLContext trusting, SSLContext identified) {
    this.folder = folder;
    this.trusting = trusting;
    this.identified = identified;
  }

  /** Makes them new, in a folder of the node's own. */
  static TestCertificates make(Path folder) throws IOException {
    DevelopmentCertificate server =
        DevelopmentCertificate.create(DevelopmentCertificate.LOOPBACK_HOSTS, VALIDITY);
    Files.writeString(folder.resolve(NODE), server.certificatePem());
    Files.writeString(folder.resolve(NODE_KEY), server.privateKeyPem());
    try {
      X509Bundle client =
          new CertificateBuilder()
              .subject(CLIENT_SUBJECT)
              .ecp256()
              .setIsCertificateAuthority(true)
              .buildSelfSigned();
      Files.writeString(folder.resolve(CLIENT), client.getCertificatePathPEM());
      Files.writeString(folder.resolve(CLIENT_KEY), client.getPrivateKeyPEM());
      KeyStore trust = KeyStore.getInstance(KeyStore.getDefaultType());
      trust.load(null, NO_PASSWORD);
      trust.setCertificateEntry("node", parse(server.certificatePem()));
      KeyStore keys = client.toKeyStore(NO_PASSWORD);
      KeyManagerFactory managers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(keys, NO_PASSWORD);
      return new TestCertificates(
          folder, context(trust, null), context(trust, managers.getKeyManagers()));
    } catch (Exception e) {
      throw new IllegalStateException("no certificates for the test could be made", e);
    }
  }

  private static Certificate parse(String pem) throws GeneralSecurityException {
    return CertificateFactory.getInstance("X.509")
        .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
  }

  private static SSLContext context(KeyStore trust, KeyManager @Nullable [] keys)
      throws GeneralSecurityException {
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trust);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys, managers.getTrustManagers(), null);
    return context;
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  SSLContext trusting() {
    return trusting;
  }

  SSLContext identified() {
    return identified;
  }
}
