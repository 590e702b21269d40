// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.tls;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLException;

/**
 * Who a TLS server is, or a client that shows a certificate: a certificate chain and the key of its
 * first certificate. That they belong together is certain, which the TLS library would only find
 * out with the first client.
 *
 * @param chain the server's own certificate first; all of it is served
 * @param key of the first certificate
 */
public record ServerIdentity(List<X509Certificate> chain, PrivateKey key) {

  private static final byte[] PROBE = "sluice".getBytes(StandardCharsets.US_ASCII);

  /**
   * Checks that the key is the certificate's.
   *
   * @throws IllegalArgumentException if it is not, or there is no certificate
   */
  public ServerIdentity {
    chain = List.copyOf(chain);
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("a server needs a certificate");
    }
    if (!fits(chain.get(0).getPublicKey(), key)) {
      throw new IllegalArgumentException("the key is not this certificate's");
    }
  }

  /**
   * Reads both from files.
   *
   * @param chain PEM
   * @param key PEM without password: PKCS#8, PKCS#1 or SEC 1
   * @return what they hold
   * @throws SSLException if they can't be used, with the reason in words
   */
  public static ServerIdentity read(Path chain, Path key) throws SSLException {
    return of(PemFile.read(chain), PemFile.read(key));
  }

  /**
   * Takes both from texts.
   *
   * @param chain PEM
   * @param key PEM without password: PKCS#8, PKCS#1 or SEC 1
   * @return what they hold
   * @throws SSLException if they can't be used, with the reason in words
   */
  public static ServerIdentity parse(String chain, String key) throws SSLException {
    return of(new PemFile(chain), new PemFile(key));
  }

  private static ServerIdentity of(PemFile chain, PemFile key) throws SSLException {
    List<X509Certificate> certificates = chain.certificates();
    String algorithm = certificates.get(0).getPublicKey().getAlgorithm();
    try {
      return new ServerIdentity(certificates, key.privateKey(algorithm));
    } catch (IllegalArgumentException e) {
      throw new SSLException(e.getMessage(), e);
    }
  }

  /** Signs with the one and verifies with the other. */
  private static boolean fits(PublicKey publicKey, PrivateKey privateKey) {
    String algorithm = publicKey.getAlgorithm();
    if (!algorithm.equals(privateKey.getAlgorithm())) {
      return false;
    }
    try {
      Signature signature =
          Signature.getInstance(
              switch (algorithm) {
                case "RSA" -> "SHA256withRSA";
                case "EC" -> "SHA256withECDSA";
                default -> algorithm;
              });
      signature.initSign(privateKey);
      signature.update(PROBE);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      signature.update(PROBE);
      return signature.verify(signed);
    } catch (GeneralSecurityException another) {
      return false;
    }
  }
}
