// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A P-256 certificate and its key as PEM files, made for one run, so that all servers measured sign
 * with the same key and none has to be kept.
 */
record Certificate(Path chain, Path key) {

  static Certificate create(Path directory) throws IOException {
    X509Bundle bundle;
    try {
      bundle =
          new CertificateBuilder()
              .ecp256()
              .subject("CN=localhost")
              .addSanDnsName("localhost")
              .setIsCertificateAuthority(true)
              .buildSelfSigned();
    } catch (Exception e) { // All that the builder declares.
      throw new IOException("no certificate could be made", e);
    }
    Path chain = directory.resolve("bench.pem");
    Path key = directory.resolve("bench.key");
    Files.writeString(chain, bundle.getCertificatePathPEM());
    Files.writeString(key, bundle.getPrivateKeyPEM());
    return new Certificate(chain, key);
  }
}
