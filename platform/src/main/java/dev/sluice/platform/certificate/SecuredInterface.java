// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.certificate;

import dev.sluice.platform.certificate.CertificateStatus.Failure;
import dev.sluice.session.bridge.CertificateVersion;
import dev.sluice.transport.epoll.tls.ServerIdentity;
import dev.sluice.transport.epoll.tls.TlsContextRef;
import dev.sluice.transport.epoll.tls.TlsPolicy;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An interface with TLS: the certificates that it serves with, and whom its clients' certificates
 * have to lead to. Changed under the store's lock.
 */
final class SecuredInterface {

  private static final Logger log = LoggerFactory.getLogger(CertificateStore.class);

  private final String name;
  private final List<ManagedCertificate> certificates;
  private final TlsPolicy.ClientAuthentication authentication;
  private final List<String> alpn;
  private final TlsContextRef tls;
  private final @Nullable Path trusted;
  private final @Nullable WatchedFiles trustedFile;
  private List<X509Certificate> authorities;
  private boolean retry;

  // Written under the store's lock, read by whoever asks.
  private volatile @Nullable Failure failure;

  SecuredInterface(
      String name,
      List<ManagedCertificate> certificates,
      boolean refusesUnknownNames,
      TlsPolicy.ClientAuthentication authentication,
      @Nullable Path trusted,
      List<String> alpn)
      throws SSLException {
    this.name = name;
    this.certificates = List.copyOf(certificates);
    this.authentication = authentication;
    this.alpn = List.copyOf(alpn);
    this.trusted = trusted;
    this.trustedFile = trusted == null ? null : new WatchedFiles(trusted);
    this.authorities = trusted == null ? List.of() : TlsPolicy.authorities(trusted);
    this.tls =
        new TlsContextRef(
            certificates.stream().map(ManagedCertificate::name).toList(), refusesUnknownNames);
  }

  String name() {
    return name;
  }

  TlsContextRef tls() {
    return tls;
  }

  Optional<Failure> failure() {
    return Optional.ofNullable(failure);
  }

  boolean serves(ManagedCertificate certificate) {
    return certificates.contains(certificate);
  }

  /** A context that shows this identity here; the caller owns it. */
  SslContext context(ServerIdentity identity) throws SSLException {
    return context(identity, authorities);
  }

  private SslContext context(ServerIdentity identity, List<X509Certificate> leadingTo)
      throws SSLException {
    return TlsPolicy.server(identity, authentication, leadingTo, alpn);
  }

  /** Begins to serve with those of its certificates that are there. */
  void serveWhatIsThere() throws SSLException {
    serveAnew(authorities);
  }

  /**
   * Looks at the authorities' file, and takes what it holds if that is another and good. Whatever
   * is thrown on the way is a refusal, so that it holds nothing else up.
   */
  void check(Instant now) {
    try {
      lookAtFile(now);
    } catch (Throwable e) {
      // The same file may do next time.
      retry = true;
      log.debug("{}: looking at trusted_ca_file failed", name, e);
      refused(OneLine.of("looking at it failed: " + e), now);
    }
  }

  private void lookAtFile(Instant now) {
    if (trusted == null || trustedFile == null) {
      return;
    }
    if (!trustedFile.settled() || (!trustedFile.changed() && !retry)) {
      return;
    }
    retry = false;
    try {
      Optional<Path> absent = trustedFile.absent();
      if (absent.isPresent()) {
        throw new SSLException("does not exist");
      }
      List<X509Certificate> read = TlsPolicy.authorities(trusted);
      if (!trustedFile.settled()) {
        return;
      }
      trustedFile.handled();
      if (!read.equals(authorities)) {
        serveAnew(read);
        authorities = read;
        log.info("{}: trusts clients by {} certificates of {}", name, read.size(), trusted);
      } else if (failure != null) {
        log.info("{}: {} is again what is trusted", name, trusted);
      }
      failure = null;
    } catch (SSLException e) {
      if (!trustedFile.settled()) {
        return;
      }
      trustedFile.handled();
      retry = isOfReading(e);
      refused(OneLine.of(String.valueOf(e.getMessage())), now);
    }
  }

  /** The file has not changed where the disk failed: only trying again tells. */
  static boolean isOfReading(SSLException e) {
    return e.getCause() instanceof IOException cause && !(cause instanceof SSLException);
  }

  private void refused(String reason, Instant now) {
    Failure before = failure;
    if (before == null || !before.reason().equals(reason)) {
      log.warn(
          "{}: trusted_ca_file {} is not taken: {}; the last good one stays",
          name,
          trusted,
          reason);
      failure = new Failure(now, reason);
    }
  }

  /** All of its certificates or none: new connections find the same authorities on each. */
  private void serveAnew(List<X509Certificate> leadingTo) throws SSLException {
    Map<ManagedCertificate, SslContext> made = new LinkedHashMap<>();
    try {
      for (ManagedCertificate certificate : certificates) {
        ServedIdentity served = certificate.served();
        if (served != null) {
          made.put(certificate, context(served.identity(), leadingTo));
        }
      }
    } catch (SSLException | RuntimeException | Error e) {
      made.values().forEach(ReferenceCountUtil::release);
      throw e;
    }
    made.forEach(
        (certificate, context) -> put(certificate.version(), context, certificate.dnsNames()));
  }

  void put(CertificateVersion version, SslContext context, List<String> dnsNames) {
    tls.put(version, context, dnsNames);
  }
}
