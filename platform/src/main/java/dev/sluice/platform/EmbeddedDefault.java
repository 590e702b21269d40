// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.platform.certificate.CertificateRefusedException;
import dev.sluice.platform.certificate.CertificateStatus;
import dev.sluice.platform.certificate.CertificateStore;
import dev.sluice.platform.config.ConfigurationLoader;
import dev.sluice.platform.config.LoadedConfiguration;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a node serves that was told nothing: on loopback alone, with a certificate made on the spot
 * that no file keeps.
 */
public final class EmbeddedDefault {

  private static final String TEXT =
      """
      network:
        rpc_interfaces:
          https:
            bind_address: 127.0.0.1:8443
            app_protocol: [HTTP2, HTTP1]
            endorsement: { authority: development }
            http_configuration: { max_body_size: 1GB }
          http:
            bind_address: 127.0.0.1:8080
            app_protocol: [HTTP2, HTTP1]
            http_configuration: { max_body_size: 1GB }
          operator:
            bind_address: 127.0.0.1:8081
            app_protocol: HTTP1
            handlers: [node]
          echo:
            bind_address: 127.0.0.1:8007
            protocol: udp
            app_protocol: ECHO
      certificates:
        development: {}
      """;

  private static final String CERTIFICATE = "development";

  private static final Duration VALIDITY = Duration.ofDays(30);

  private final LoadedConfiguration configuration;

  private EmbeddedDefault(LoadedConfiguration configuration) {
    this.configuration = configuration;
  }

  /**
   * Makes the configuration.
   *
   * @param overrides {@code key=value} each; relative paths in them start at the working directory
   * @return a configuration whose certificate comes with {@link #certify}
   */
  public static EmbeddedDefault create(List<String> overrides) {
    // There is no file that relative paths could start at.
    return new EmbeddedDefault(
        ConfigurationLoader.parse("the embedded default", TEXT, Path.of(""), overrides));
  }

  /**
   * The configuration.
   *
   * @return what to plan
   */
  public LoadedConfiguration configuration() {
    return configuration;
  }

  /**
   * Makes the certificate and gives it to a plan of this configuration, unless the overrides have
   * one of their own.
   *
   * @param certificates the plan's
   */
  public static void certify(CertificateStore certificates) {
    Optional<CertificateStatus> status = certificates.status(CERTIFICATE);
    if (status.filter(found -> !found.fromFiles()).isEmpty()) {
      return;
    }
    DevelopmentCertificate made =
        DevelopmentCertificate.create(DevelopmentCertificate.LOOPBACK_HOSTS, VALIDITY);
    try {
      certificates.replace(CERTIFICATE, made.certificatePem(), made.privateKeyPem());
    } catch (CertificateRefusedException e) {
      throw new IllegalStateException(e);
    }
  }
}
