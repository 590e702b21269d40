// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.certificate;

import dev.sluice.platform.certificate.CertificateStatus.Failure;
import dev.sluice.platform.config.Certificate;
import dev.sluice.session.bridge.CertificateVersion;
import dev.sluice.transport.epoll.tls.ClientCertificates;
import dev.sluice.transport.epoll.tls.ServerIdentity;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A certificate by its name: what is served of it, where the next comes from, and what was refused.
 * Whatever is refused leaves the last good one in place. Changed under the store's lock; {@link
 * #status} is for any thread.
 */
final class ManagedCertificate {

  private static final Logger log = LoggerFactory.getLogger(CertificateStore.class);

  private static final int WARNING_DAYS = 14;
  private static final Duration BETWEEN_WARNINGS = Duration.ofDays(1);

  private final String name;
  private final @Nullable Path certFile;
  private final @Nullable Path keyFile;
  private final @Nullable WatchedFiles files;
  private final IdentityReader reader;
  private final List<SecuredInterface> interfaces = new ArrayList<>();

  // Written as a whole under the store's lock, read by whoever asks for the status.
  private volatile State state = new State(null, 0, 0, null);

  /** What the files held when they were last good. */
  private @Nullable ServerIdentity lastRead;

  /** When to try the same files again, without a change of them. */
  private @Nullable Instant retryAt;

  private @Nullable Instant warnedAt;

  /** Before, nothing is told: a plan may come to nothing. */
  private boolean announced;

  private record State(
      @Nullable ServedIdentity served, long generation, long failures, @Nullable Failure failure) {}

  /** Reads a chain and its key. */
  interface IdentityReader {
    ServerIdentity read(Path certFile, Path keyFile) throws SSLException;
  }

  ManagedCertificate(String name, Certificate config, IdentityReader reader) {
    this.name = name;
    this.reader = reader;
    this.certFile = config.certFile().orElse(null);
    this.keyFile = config.keyFile().orElse(null);
    this.files = certFile == null || keyFile == null ? null : new WatchedFiles(certFile, keyFile);
  }

  String name() {
    return name;
  }

  boolean fromFiles() {
    return files != null;
  }

  @Nullable ServedIdentity served() {
    return state.served;
  }

  CertificateVersion version() {
    return new CertificateVersion(name, state.generation);
  }

  List<String> dnsNames() {
    ServedIdentity served = state.served;
    return served == null ? List.of() : served.dnsNames();
  }

  void usedBy(SecuredInterface secured) {
    interfaces.add(secured);
  }

  // ---- at start

  /**
   * Takes what the files hold, if both are there.
   *
   * @throws CertificateRefusedException if it is bad
   */
  void begin(Instant now) throws CertificateRefusedException {
    if (certFile == null || keyFile == null || files == null || files.absent().isPresent()) {
      return;
    }
    try {
      ServerIdentity read = reader.read(certFile, keyFile);
      ChainChecks.check(read.chain(), now);
      lastRead = read;
      state = new State(ServedIdentity.of(read, now), 1, 0, null);
    } catch (SSLException e) {
      throw new CertificateRefusedException(String.valueOf(e.getMessage()));
    }
  }

  /** Says what the node begins with. */
  void announce() {
    announced = true;
    if (state.served != null) {
      logServed();
    } else if (files != null) {
      log.info("certificate {}: waits for {} and {}", name, certFile, keyFile);
    } else {
      log.info("certificate {}: waits for a call", name);
    }
  }

  // ---- while the node runs

  /**
   * Looks at the files, and takes what they hold if that is another and good. Whatever is thrown on
   * the way is a refusal, so that it holds no other certificate up.
   */
  void check(Instant now) {
    try {
      lookAtFiles(now);
    } catch (Throwable e) {
      // The same files may do next time.
      retryAt = now;
      log.debug("certificate {}: looking at it failed", name, e);
      refuseFiles(OneLine.of("looking at it failed: " + e), files != null && files.changed(), now);
    }
  }

  private void lookAtFiles(Instant now) {
    if (certFile == null || keyFile == null || files == null) {
      return;
    }
    boolean settled = files.settled();
    boolean changed = files.changed();
    if (!settled || (!changed && (retryAt == null || now.isBefore(retryAt)))) {
      return;
    }
    retryAt = null;
    ServerIdentity read;
    try {
      Optional<Path> absent = files.absent();
      if (absent.isPresent()) {
        files.handled();
        if (state.served != null) {
          throw new CertificateRefusedException(absent.get() + " does not exist");
        }
        return;
      }
      read = reader.read(certFile, keyFile);
      ChainChecks.check(read.chain(), now);
    } catch (SSLException e) {
      if (files.settled()) {
        retryAt = SecuredInterface.isOfReading(e) ? now : null;
        refuseFiles(OneLine.of(String.valueOf(e.getMessage())), changed, now);
      }
      return;
    } catch (CertificateRefusedException e) {
      if (files.settled()) {
        retryAt = e.goodFrom();
        refuseFiles(e.reason(), changed, now);
      }
      return;
    }
    if (!files.settled()) {
      return;
    }
    files.handled();
    if (read.equals(lastRead)) {
      return;
    }
    lastRead = read;
    try {
      place(read, now);
    } catch (CertificateRefusedException e) {
      refuseFiles(e.reason(), changed, now);
    }
  }

  private void refuseFiles(String reason, boolean changed, Instant now) {
    if (files != null) {
      files.handled();
    }
    lastRead = null;
    refused(reason, "of " + certFile + " and " + keyFile, changed, now);
  }

  /** Takes what a caller brings. */
  void replace(String chainPem, String keyPem, Instant now) throws CertificateRefusedException {
    try {
      ServerIdentity identity;
      try {
        identity = ServerIdentity.parse(chainPem, keyPem);
      } catch (SSLException e) {
        throw new CertificateRefusedException(String.valueOf(e.getMessage()));
      }
      ChainChecks.check(identity.chain(), now);
      place(identity, now);
    } catch (CertificateRefusedException e) {
      refused(e.reason(), "by call", true, now);
      throw e;
    }
  }

  /** On every interface or on none. One that is served already only ends a failure. */
  private void place(ServerIdentity identity, Instant now) throws CertificateRefusedException {
    State before = state;
    if (before.served != null && before.served.identity().equals(identity)) {
      if (before.failure != null) {
        state = new State(before.served, before.generation, before.failures, null);
        log.info("certificate {}: is again what generation {} serves", name, before.generation);
      }
      return;
    }
    List<SslContext> contexts = new ArrayList<>();
    try {
      for (SecuredInterface secured : interfaces) {
        contexts.add(secured.context(identity));
      }
    } catch (SSLException e) {
      contexts.forEach(ReferenceCountUtil::release);
      throw new CertificateRefusedException("BoringSSL can't serve it: " + OneLine.rootOf(e));
    } catch (RuntimeException | Error e) {
      contexts.forEach(ReferenceCountUtil::release);
      throw e;
    }
    ServedIdentity placed = ServedIdentity.of(identity, now);
    CertificateVersion version = new CertificateVersion(name, before.generation + 1);
    for (int i = 0; i < contexts.size(); i++) {
      interfaces.get(i).put(version, contexts.get(i), placed.dnsNames());
    }
    // Behind the interfaces: who reads of a generation is served it.
    state = new State(placed, version.generation(), before.failures, null);
    logServed();
  }

  private void logServed() {
    ServedIdentity served = state.served;
    if (served != null && announced) {
      log.info(
          "certificate {}: serves generation {}, '{}', valid until {}",
          name,
          state.generation,
          served.subject(),
          served.notAfter());
    }
  }

  /** Told once for as long as the reason stays; counted again only with other content. */
  private void refused(String reason, String source, boolean another, Instant now) {
    State before = state;
    boolean same = before.failure != null && before.failure.reason().equals(reason);
    if (same && !another) {
      return;
    }
    state =
        new State(before.served, before.generation, before.failures + 1, new Failure(now, reason));
    if (!same) {
      log.warn(
          "certificate {}: what came {} is refused: {}; {}",
          name,
          source,
          reason,
          before.served == null
              ? "there is none to serve"
              : "generation " + before.generation + " stays");
    }
  }

  /** Once a day at most. */
  void warnOfItsEnd(Instant now) {
    ServedIdentity served = state.served;
    if (served == null
        || now.plus(Duration.ofDays(WARNING_DAYS)).isBefore(served.notAfter())
        || (warnedAt != null && now.isBefore(warnedAt.plus(BETWEEN_WARNINGS)))) {
      return;
    }
    warnedAt = now;
    log.warn(
        "certificate {}: {} days left, '{}' is valid until {}",
        name,
        status().daysLeft(now),
        served.subject(),
        served.notAfter());
  }

  // ---- any thread

  /** What a client shows; null as long as there is none. */
  ClientCertificates.@Nullable Shown shown() {
    State now = state;
    ServedIdentity served = now.served;
    return served == null
        ? null
        : new ClientCertificates.Shown(
            new CertificateVersion(name, now.generation), served.identity());
  }

  CertificateStatus status() {
    State now = state;
    Optional<ServedIdentity> served = Optional.ofNullable(now.served);
    return new CertificateStatus(
        name,
        files != null,
        served.isPresent(),
        now.generation,
        served.map(ServedIdentity::subject),
        served.map(ServedIdentity::issuer),
        served.map(ServedIdentity::dnsNames).orElse(List.of()),
        served.map(ServedIdentity::sha256),
        served.map(ServedIdentity::notBefore),
        served.map(ServedIdentity::notAfter),
        served.map(ServedIdentity::since),
        Math.max(0, now.generation - 1),
        now.failures,
        Optional.ofNullable(now.failure),
        interfaces.stream().map(SecuredInterface::name).toList(),
        interfaces.stream().mapToLong(secured -> secured.tls().retired(name)).sum());
  }
}
