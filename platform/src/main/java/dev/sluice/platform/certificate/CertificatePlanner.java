// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.certificate;

import dev.sluice.platform.certificate.ManagedCertificate.IdentityReader;
import dev.sluice.platform.config.Certificate;
import dev.sluice.platform.config.KeyPath;
import dev.sluice.platform.config.LoadedConfiguration;
import dev.sluice.platform.config.Problems;
import dev.sluice.platform.config.RpcInterface;
import dev.sluice.platform.config.UnknownServerName;
import dev.sluice.transport.epoll.tls.ServerIdentity;
import dev.sluice.transport.epoll.tls.TlsContextRef;
import dev.sluice.transport.epoll.tls.TlsPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * Reads a configuration's certificates and fits them to its interfaces. A certificate that is
 * absent is no mistake: its interfaces wait for it. One thread.
 */
public final class CertificatePlanner {

  private final LoadedConfiguration loaded;
  private final Problems problems;
  private final InstantSource clock;
  private final IdentityReader reader;
  private final Map<String, ManagedCertificate> certificates = new LinkedHashMap<>();
  private final List<SecuredInterface> interfaces = new ArrayList<>();

  /**
   * Has read nothing yet.
   *
   * @param loaded the configuration
   * @param problems takes what is wrong
   */
  public CertificatePlanner(LoadedConfiguration loaded, Problems problems) {
    this(loaded, problems, InstantSource.system(), ServerIdentity::read);
  }

  CertificatePlanner(
      LoadedConfiguration loaded, Problems problems, InstantSource clock, IdentityReader reader) {
    this.loaded = loaded;
    this.problems = problems;
    this.clock = clock;
    this.reader = reader;
  }

  /** Reads the certificates that are there. Once, before anything else. */
  public void read() {
    loaded.config().certificates().forEach(this::read);
  }

  private void read(String name, Certificate config) {
    KeyPath path = KeyPath.of("certificates", name);
    ManagedCertificate certificate = new ManagedCertificate(name, config, reader);
    certificates.put(name, certificate);
    int before = problems.size();
    config.certFile().ifPresent(file -> requireReadableIfThere(file, path.key("cert_file")));
    config.keyFile().ifPresent(file -> requireReadableIfThere(file, path.key("key_file")));
    if (problems.size() > before) {
      return;
    }
    try {
      certificate.begin(clock.instant());
    } catch (CertificateRefusedException e) {
      problems.add(
          loaded
              .marks()
              .problem(
                  path,
                  config.certFile().map(CertificatePlanner::quoted).orElse("none")
                      + " and "
                      + config.keyFile().map(CertificatePlanner::quoted).orElse("none"),
                  "a certificate chain and its key, in PEM: " + e.getMessage()));
    }
  }

  /**
   * What an interface serves with.
   *
   * @param name the interface's
   * @param rpcInterface the same, as it was read
   * @param alpn what its protocols offer, the preferred name first
   * @return empty for plaintext, or if a problem was added
   */
  public Optional<TlsContextRef> secure(String name, RpcInterface rpcInterface, List<String> alpn) {
    if (!rpcInterface.endorsement().isSecured()) {
      return Optional.empty();
    }
    TlsPolicy.ensureAvailable();
    KeyPath trustedPath = LoadedConfiguration.interfacePath(name).key("trusted_ca_file");
    Path trusted = rpcInterface.trustedCaFile().orElse(null);
    if (trusted != null && !isReadable(trusted)) {
      addUnreadable(trusted, trustedPath);
      return Optional.empty();
    }
    // That they exist was checked with the configuration.
    List<ManagedCertificate> used =
        rpcInterface.endorsement().authority().stream().map(this::certificate).toList();
    SecuredInterface secured;
    try {
      secured =
          new SecuredInterface(
              name,
              used,
              rpcInterface.endorsement().unknownServerName() == UnknownServerName.REFUSE,
              TlsPolicy.ClientAuthentication.valueOf(rpcInterface.clientAuthentication().name()),
              trusted,
              alpn);
    } catch (SSLException e) {
      problems.add(
          loaded
              .marks()
              .problem(
                  trustedPath,
                  trusted == null ? "none" : quoted(trusted),
                  "certificates of authorities, in PEM: " + e.getMessage()));
      return Optional.empty();
    }
    interfaces.add(secured);
    used.forEach(certificate -> certificate.usedBy(secured));
    try {
      secured.serveWhatIsThere();
    } catch (SSLException e) {
      problems.add(
          loaded
              .marks()
              .problem(
                  LoadedConfiguration.interfacePath(name).key("endorsement").key("authority"),
                  "'" + String.join("' and '", rpcInterface.endorsement().authority()) + "'",
                  "certificates that BoringSSL can serve: " + OneLine.rootOf(e)));
      return Optional.empty();
    }
    return Optional.of(secured.tls());
  }

  private ManagedCertificate certificate(String name) {
    ManagedCertificate certificate = certificates.get(name);
    if (certificate == null) {
      throw new IllegalStateException("no certificate " + name);
    }
    return certificate;
  }

  /**
   * All certificates, with the interfaces that were secured so far.
   *
   * @return to be closed, also where there was a problem
   */
  public CertificateStore store() {
    return new CertificateStore(
        certificates, interfaces, loaded.config().certificateCheckInterval(), clock);
  }

  private void requireReadableIfThere(Path file, KeyPath path) {
    if (Files.exists(file) && !isReadable(file)) {
      addUnreadable(file, path);
    }
  }

  private static boolean isReadable(Path file) {
    return Files.isRegularFile(file) && Files.isReadable(file);
  }

  private void addUnreadable(Path file, KeyPath path) {
    problems.add(
        loaded
            .marks()
            .problem(
                path,
                quoted(file) + (Files.exists(file) ? "" : ", which does not exist"),
                "a file in PEM that can be read"));
  }

  private static String quoted(Path file) {
    return "'" + file + "'";
  }
}
