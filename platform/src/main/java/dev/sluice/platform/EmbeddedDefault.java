// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.platform.config.ConfigurationLoader;
import dev.sluice.platform.config.LoadedConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What a node serves that was told nothing: on loopback alone, with a certificate made on the spot
 * that no file keeps.
 */
public final class EmbeddedDefault implements AutoCloseable {

  private static final String TEXT =
      """
      network:
        rpc_interfaces:
          https:
            bind_address: 127.0.0.1:8443
            app_protocol: HTTP1
            endorsement: { authority: development }
            http_configuration: { max_body_size: 1GB }
          http:
            bind_address: 127.0.0.1:8080
            app_protocol: HTTP1
            http_configuration: { max_body_size: 1GB }
      certificates:
        development: { cert_file: '%s', key_file: '%s' }
      """;

  private static final Duration VALIDITY = Duration.ofDays(30);

  private final Path folder;
  private final LoadedConfiguration configuration;

  private EmbeddedDefault(Path folder, LoadedConfiguration configuration) {
    this.folder = folder;
    this.configuration = configuration;
  }

  /**
   * Makes the certificate and the configuration.
   *
   * @param overrides {@code key=value} each; relative paths in them start at the working directory
   * @return to be closed as soon as the plan is made: the certificate's files go with it
   * @throws IOException if the certificate can't be written
   */
  public static EmbeddedDefault create(List<String> overrides) throws IOException {
    Path folder = Files.createTempDirectory("sluice-development-");
    // Should the process be ended before it has read them; the last one goes first.
    for (Path path : List.of(folder, folder.resolve("cert.pem"), folder.resolve("key.pem"))) {
      path.toFile().deleteOnExit();
    }
    boolean complete = false;
    try {
      DevelopmentCertificate certificate =
          DevelopmentCertificate.create(DevelopmentCertificate.LOOPBACK_HOSTS, VALIDITY);
      Files.writeString(folder.resolve("cert.pem"), certificate.certificatePem());
      Files.writeString(folder.resolve("key.pem"), certificate.privateKeyPem());
      EmbeddedDefault made =
          new EmbeddedDefault(
              folder,
              // There is no file that relative paths could start at.
              ConfigurationLoader.parse(
                  "the embedded default",
                  TEXT.formatted(
                      quotable(folder.resolve("cert.pem")), quotable(folder.resolve("key.pem"))),
                  Path.of(""),
                  overrides));
      complete = true;
      return made;
    } finally {
      if (!complete) {
        delete(folder);
      }
    }
  }

  private static String quotable(Path path) {
    return path.toAbsolutePath().toString().replace("'", "''");
  }

  /**
   * The configuration.
   *
   * @return its certificate's files exist until this object is closed
   */
  public LoadedConfiguration configuration() {
    return configuration;
  }

  /** Deletes the certificate's files. */
  @Override
  public void close() throws IOException {
    delete(folder);
  }

  private static void delete(Path folder) throws IOException {
    Files.deleteIfExists(folder.resolve("cert.pem"));
    Files.deleteIfExists(folder.resolve("key.pem"));
    Files.deleteIfExists(folder);
  }
}
