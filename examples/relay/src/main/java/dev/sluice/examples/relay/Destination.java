// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.relay;

import dev.sluice.api.Setting;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.outbound.OutboundTls;
import java.nio.file.Path;
import java.util.Optional;

/** Where to, and how. */
public record Destination(
    @Setting(description = "Host and port, such as `far.example.org:8443`.") String target,
    @Setting(description = "Whether the connection is under TLS.", defaultValue = "true")
        boolean tls,
    @Setting(
            description =
                "PEM file with the authorities that vouch for the host, from the folder that the node"
                    + " was started in. Without it: those of the JDK.")
        Optional<String> trustFile,
    @Setting(description = "The node's certificate to show, by its name under `certificates`.")
        Optional<String> certificate,
    @Setting(description = "The name to verify in place of the host's.")
        Optional<String> serverName) {

  /** Checks what a wrong value would only show when connecting. */
  public Destination {
    OutboundTarget unused = OutboundTarget.parse(target);
    if (!tls && (trustFile.isPresent() || certificate.isPresent() || serverName.isPresent())) {
      throw new IllegalArgumentException(
          "trust_file, certificate and server_name are for TLS alone, and tls is false");
    }
  }

  OutboundTarget outboundTarget() {
    return OutboundTarget.parse(target);
  }

  OutboundOptions options() {
    if (!tls) {
      return OutboundOptions.plaintext();
    }
    OutboundTls.Builder how = OutboundTls.builder();
    trustFile.ifPresent(file -> how.trustFile(Path.of(file)));
    certificate.ifPresent(how::certificate);
    serverName.ifPresent(how::serverName);
    return OutboundOptions.builder().tls(how.build()).build();
  }
}
