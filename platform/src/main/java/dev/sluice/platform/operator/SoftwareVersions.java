// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import dev.sluice.api.ApiVersion;
import dev.sluice.platform.Version;
import io.netty.channel.Channel;
import io.netty.handler.ssl.OpenSsl;
import java.util.Optional;

/**
 * What is running.
 *
 * @param sluice the node
 * @param api the contracts that plug-ins are built against
 * @param java the JVM
 * @param netty its transport and codecs
 * @param tls the TLS library
 */
record SoftwareVersions(String sluice, String api, String java, String netty, String tls) {

  static SoftwareVersions now() {
    return new SoftwareVersions(
        Version.CURRENT,
        ApiVersion.CURRENT.toString(),
        Runtime.version() + " " + System.getProperty("java.vendor"),
        Optional.ofNullable(Channel.class.getPackage().getImplementationVersion())
            .orElse("unknown"),
        OpenSsl.isAvailable() ? String.valueOf(OpenSsl.versionString()) : "none");
  }
}
