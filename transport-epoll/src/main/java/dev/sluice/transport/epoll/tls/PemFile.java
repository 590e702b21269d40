// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.tls;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/**
 * What a PEM text (RFC 7468) holds, read by the JDK's own means. Netty would read keys by
 * BouncyCastle wherever that is on the class path, and spend a second of CPU on checking the
 * signatures of its jars.
 */
final class PemFile {

  private static final Pattern BEGIN = Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,64})-----");

  /** More than any chain; a wrong file, a log say, is not read whole. */
  private static final long LARGEST = 4 << 20;

  private static final HexFormat HEX = HexFormat.of();

  /** AlgorithmIdentifier of RFC 8017: rsaEncryption, NULL. */
  private static final byte[] RSA = HEX.parseHex("300d06092a864886f70d0101010500");

  /** OBJECT IDENTIFIER of RFC 5480: id-ecPublicKey. */
  private static final byte[] EC_PUBLIC_KEY = HEX.parseHex("06072a8648ce3d0201");

  private static final int INTEGER = 0x02;
  private static final int OCTET_STRING = 0x04;
  private static final int SEQUENCE = 0x30;
  private static final int PARAMETERS = 0xa0;

  private final List<Block> blocks = new ArrayList<>();

  private record Block(String label, String body) {
    byte[] der() throws SSLException {
      try {
        return Base64.getMimeDecoder().decode(body);
      } catch (IllegalArgumentException e) {
        throw new SSLException(label + " is not base64", e);
      }
    }
  }

  static PemFile read(Path file) throws SSLException {
    try {
      if (Files.size(file) > LARGEST) {
        throw new SSLException("is larger than any certificate");
      }
      return new PemFile(Files.readString(file, StandardCharsets.ISO_8859_1));
    } catch (SSLException e) {
      throw e;
    } catch (IOException e) {
      throw new SSLException("can't be read: " + e, e);
    }
  }

  /**
   * @throws SSLException if the text ends within a block: a chain that lacks its end would look
   *     whole
   */
  PemFile(String text) throws SSLException {
    Matcher begin = BEGIN.matcher(text);
    int at = 0;
    while (begin.find(at)) {
      String label = begin.group(1);
      int end = text.indexOf("-----END " + label + "-----", begin.end());
      int next = text.indexOf("-----BEGIN ", begin.end());
      if (end < 0 || (next >= 0 && next < end)) {
        throw new SSLException(label + " " + (blocks.size() + 1) + " has no end");
      }
      blocks.add(new Block(label, text.substring(begin.end(), end)));
      at = end;
    }
  }

  /** All certificates, in the order of the file; at least one. */
  List<X509Certificate> certificates() throws SSLException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Block block : blocks) {
      if (block.label.equals("CERTIFICATE") || block.label.equals("X509 CERTIFICATE")) {
        try {
          certificates.add(
              (X509Certificate)
                  CertificateFactory.getInstance("X.509")
                      .generateCertificate(new ByteArrayInputStream(block.der())));
        } catch (CertificateException e) {
          throw new SSLException(
              "certificate " + (certificates.size() + 1) + " is damaged: " + e.getMessage(), e);
        }
      }
    }
    if (certificates.isEmpty()) {
      throw new SSLException("found no certificate");
    }
    return certificates;
  }

  /**
   * The first private key: PKCS#8, or what OpenSSL wrote before it, PKCS#1 for RSA and SEC 1 for
   * elliptic curves.
   *
   * @param algorithm of the public key that it belongs to
   */
  PrivateKey privateKey(String algorithm) throws SSLException {
    for (Block block : blocks) {
      switch (block.label) {
        case "PRIVATE KEY" -> {
          return key(algorithm, block.der());
        }
        case "RSA PRIVATE KEY" -> {
          requireClear(block);
          return key("RSA", pkcs8(RSA, block.der()));
        }
        case "EC PRIVATE KEY" -> {
          requireClear(block);
          return key("EC", sec1(block.der()));
        }
        case "ENCRYPTED PRIVATE KEY" -> throw encrypted();
        default -> {}
      }
    }
    throw new SSLException("found no private key");
  }

  private static void requireClear(Block block) throws SSLException {
    if (block.body.contains("ENCRYPTED")) {
      throw encrypted();
    }
  }

  private static SSLException encrypted() {
    return new SSLException("the private key is encrypted; decrypt it with openssl pkey");
  }

  private static PrivateKey key(String algorithm, byte[] pkcs8) throws SSLException {
    try {
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    } catch (GeneralSecurityException e) {
      throw new SSLException("the private key is no key for " + algorithm, e);
    }
  }

  // ---- DER, as much of it as these wrappings need

  /** PrivateKeyInfo of RFC 5208, section 5. */
  private static byte[] pkcs8(byte[] algorithm, byte[] key) {
    return sequence(element(INTEGER, new byte[1]), algorithm, element(OCTET_STRING, key));
  }

  /** From the ECPrivateKey of RFC 5915, section 3, where the JDK 17 wants nothing optional. */
  private static byte[] sec1(byte[] key) throws SSLException {
    try {
      // SEQUENCE { INTEGER version, OCTET STRING privateKey, [0] parameters, … }
      int version = contents(key, 0);
      int secret = end(key, version);
      int parameters = end(key, secret);
      if ((key[parameters] & 0xff) == PARAMETERS) {
        byte[] curve = Arrays.copyOfRange(key, contents(key, parameters), end(key, parameters));
        byte[] needed = sequence(Arrays.copyOfRange(key, version, parameters));
        return pkcs8(sequence(EC_PUBLIC_KEY, curve), needed);
      }
    } catch (ArrayIndexOutOfBoundsException | IllegalArgumentException e) {
      throw new SSLException("the private key is damaged", e);
    }
    throw new SSLException("the private key does not name its curve");
  }

  private static int end(byte[] der, int at) {
    return contents(der, at) + length(der, at);
  }

  private static int contents(byte[] der, int at) {
    int first = der[at + 1] & 0xff;
    return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
  }

  private static int length(byte[] der, int at) {
    int first = der[at + 1] & 0xff;
    if (first < 0x80) {
      return first;
    }
    int length = 0;
    for (int i = 0; i < (first & 0x7f); i++) {
      length = (length << 8) | (der[at + 2 + i] & 0xff);
    }
    return length;
  }

  private static byte[] sequence(byte[]... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.writeBytes(part);
    }
    return element(SEQUENCE, joined.toByteArray());
  }

  private static byte[] element(int tag, byte[] contents) {
    ByteArrayOutputStream der = new ByteArrayOutputStream();
    der.write(tag);
    if (contents.length < 0x80) {
      der.write(contents.length);
    } else {
      // Two bytes of length always suffice: the largest is an RSA key of 16,384 bits, some 9 KiB.
      der.write(0x82);
      der.write(contents.length >> 8);
      der.write(contents.length);
    }
    der.writeBytes(contents);
    return der.toByteArray();
  }
}
