// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether a key is that of a certificate. The TLS library takes any pair, and would only find out
 * with the first client.
 */
final class KeyFit {

  private static final Pattern PKCS8 =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

  private KeyFit() {}

  /**
   * Signs with the one and verifies with the other.
   *
   * @param certificate PEM, the key's own certificate first
   * @param key PEM
   * @return {@code false} only if it is certain that they don't belong together
   */
  static boolean fits(Path certificate, Path key) {
    try (InputStream in = Files.newInputStream(certificate)) {
      PublicKey publicKey =
          CertificateFactory.getInstance("X.509").generateCertificate(in).getPublicKey();
      Matcher pem = PKCS8.matcher(Files.readString(key, StandardCharsets.ISO_8859_1));
      return !pem.find() || fits(publicKey, Base64.getMimeDecoder().decode(pem.group(1)));
    } catch (IOException | GeneralSecurityException | IllegalArgumentException untold) {
      return true;
    }
  }

  private static boolean fits(PublicKey publicKey, byte[] pkcs8) throws GeneralSecurityException {
    String algorithm = publicKey.getAlgorithm();
    Signature signature =
        Signature.getInstance(
            switch (algorithm) {
              case "RSA" -> "SHA256withRSA";
              case "EC" -> "SHA256withECDSA";
              default -> algorithm;
            });
    try {
      PrivateKey privateKey =
          KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      signature.initSign(privateKey);
      signature.update(pkcs8);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      signature.update(pkcs8);
      return signature.verify(signed);
    } catch (InvalidKeySpecException | InvalidKeyException | SignatureException another) {
      return false;
    }
  }
}
