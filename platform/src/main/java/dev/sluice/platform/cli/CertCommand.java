// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import dev.sluice.platform.DevelopmentCertificate;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice cert}. */
@Command(
    name = "cert",
    description =
        "Makes a certificate to try things with, signed by itself: cert.pem and key.pem. Not for"
            + " production, where an authority signs.")
final class CertCommand implements Callable<Integer> {

  /** Clients refuse certificates that are valid for longer. */
  private static final int MOST_DAYS = 825;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "The folder to write to; made if it is not there.")
  private @Nullable Path folder;

  @Option(
      names = "--host",
      paramLabel = "NAME",
      description = {
        "A DNS name or IP address that clients connect to; may be repeated.",
        "Without: localhost, 127.0.0.1 and ::1."
      })
  private List<String> hosts = DevelopmentCertificate.LOOPBACK_HOSTS;

  @Option(
      names = "--days",
      paramLabel = "N",
      defaultValue = "30",
      description = "How long it is valid, 1 to 825. Without: ${DEFAULT-VALUE}.")
  private int days;

  @Option(names = "--force", description = "Replaces files that are there already.")
  private boolean force;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    if (folder == null) {
      throw new ParameterException(spec.commandLine(), "--out is missing");
    }
    if (days < 1 || days > MOST_DAYS) {
      throw new ParameterException(
          spec.commandLine(), "--days is " + days + ", allowed: 1 to " + MOST_DAYS);
    }
    Path into = folder.toAbsolutePath().normalize();
    Path certFile = into.resolve("cert.pem");
    Path keyFile = into.resolve("key.pem");
    for (Path file : List.of(certFile, keyFile)) {
      if (!force && Files.exists(file)) {
        throw new CommandFailure(
            ExitStatus.CONFIGURATION, file + " is there already; --force replaces it");
      }
    }
    DevelopmentCertificate made;
    try {
      made = DevelopmentCertificate.create(hosts, Duration.ofDays(days));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--host: " + e.getMessage(), e);
    }
    Files.createDirectories(into);
    write(keyFile, made.privateKeyPem(), "rw-------");
    write(certFile, made.certificatePem(), "rw-r--r--");
    say(made, certFile, keyFile);
    return ExitStatus.OK;
  }

  /** By way of a file beside it, so that no one ever reads half a key, or one that all may read. */
  private void write(Path file, String text, String permissions) throws IOException {
    Path part = Files.createTempFile(file.getParent(), ".", ".part");
    try {
      Files.writeString(part, text);
      Files.setPosixFilePermissions(part, PosixFilePermissions.fromString(permissions));
      if (force) {
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } else {
        Files.move(part, file);
      }
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private void say(DevelopmentCertificate made, Path certFile, Path keyFile) {
    PrintWriter out = spec.commandLine().getOut();
    out.println("wrote " + certFile + " for " + String.join(", ", made.hosts()));
    out.println("      valid until " + made.certificate().getNotAfter().toInstant());
    out.println("wrote " + keyFile + " (only you can read it)");
    out.println();
    out.println("Name them in the configuration, and 'service' on an interface:");
    out.println("  certificates:");
    out.println("    service: { cert_file: " + certFile + ", key_file: " + keyFile + " }");
    out.println("Then, with the interface's own port:");
    out.println("  sluice run -c sluice.yaml");
    out.println(
        "  curl --cacert " + certFile + " https://" + forUrl(made.hosts().get(0)) + ":8443/");
    out.flush();
  }

  private static String forUrl(String host) {
    return host.indexOf(':') < 0 ? host : '[' + host + ']';
  }
}
