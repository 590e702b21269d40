// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.api.Setting;
import java.nio.file.Path;

/** The files of a certificate, read at start. */
public record Certificate(
    @Setting(
            description =
                "PEM file with the certificate, followed by the intermediate ones up to the root.")
        Path certFile,
    @Setting(
            description =
                "PEM file with the certificate's private key, unencrypted: PKCS#8, PKCS#1 or SEC 1.")
        Path keyFile) {

  Certificate resolve(Path base) {
    return new Certificate(base.resolve(certFile), base.resolve(keyFile));
  }
}
