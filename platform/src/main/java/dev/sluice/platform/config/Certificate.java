// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.api.Setting;
import java.nio.file.Path;
import java.util.Optional;

/** Where a certificate comes from: two files, or with neither a call while the node runs. */
public record Certificate(
    @Setting(
            description =
                "PEM file with the certificate, followed by the intermediate ones up to the root."
                    + " Interfaces wait for one that is absent; one that changes is read again."
                    + " Without both files the certificate comes by call.")
        Optional<Path> certFile,
    @Setting(
            description =
                "PEM file with the certificate's private key, unencrypted: PKCS#8, PKCS#1 or SEC 1."
                    + " To be given with `cert_file`, and only then.")
        Optional<Path> keyFile) {}
