// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.certificate;

import dev.sluice.platform.ToldFailures;
import dev.sluice.platform.certificate.CertificateStatus.Failure;
import dev.sluice.transport.epoll.tls.ClientCertificates;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's certificates. Each is served in its last good version: whatever is bad, in itself or
 * for today, is refused before it takes a place, told to the log once, and shown in its status.
 *
 * <p>Any thread. What is asked is answered at once; {@link #replace} waits for its turn.
 */
public final class CertificateStore implements AutoCloseable, ClientCertificates {

  /** The longest chain or key that a call may bring, in characters. */
  public static final int LARGEST_PEM = 1 << 20;

  private static final Logger log = LoggerFactory.getLogger(CertificateStore.class);

  private static final Duration WATCHER_END = Duration.ofSeconds(5);

  private final Map<String, ManagedCertificate> certificates;
  private final List<SecuredInterface> interfaces;
  private final Duration interval;
  private final InstantSource clock;

  /** Held for every change; nobody who serves connections takes it. */
  private final Object changes = new Object();

  private final CountDownLatch ended = new CountDownLatch(1);
  private final ToldFailures told = new ToldFailures();

  // Guarded by changes.
  private boolean closed;
  private @Nullable Thread watcher;

  // Written once at start, read by those who place a certificate.
  private volatile Runnable whenPlaced = () -> {};

  CertificateStore(
      Map<String, ManagedCertificate> certificates,
      List<SecuredInterface> interfaces,
      Duration interval,
      InstantSource clock) {
    this.certificates = Collections.unmodifiableMap(new LinkedHashMap<>(certificates));
    this.interfaces = List.copyOf(interfaces);
    this.interval = interval;
    this.clock = clock;
  }

  /**
   * What is known of each certificate.
   *
   * @return in the order of the configuration
   */
  public List<CertificateStatus> statuses() {
    return certificates.values().stream().map(ManagedCertificate::status).toList();
  }

  /**
   * What is known of a certificate.
   *
   * @param name as configuration calls it
   * @return empty if there is no such certificate
   */
  public Optional<CertificateStatus> status(String name) {
    return Optional.ofNullable(certificates.get(name)).map(ManagedCertificate::status);
  }

  /** For connections to others, which show it where they are asked. */
  @Override
  public @Nullable Shown shown(String name) {
    ManagedCertificate certificate = certificates.get(name);
    return certificate == null ? null : certificate.shown();
  }

  /**
   * Interfaces whose {@code trusted_ca_file} has become bad while the node runs. They go on with
   * the authorities that they had.
   *
   * @return by the interface's name; empty if all is well
   */
  public Map<String, Failure> trustFailures() {
    Map<String, Failure> failures = new LinkedHashMap<>();
    for (SecuredInterface secured : interfaces) {
      secured.failure().ifPresent(failure -> failures.put(secured.name(), failure));
    }
    return failures;
  }

  /**
   * Serves new connections with another certificate, under the same conditions as one that comes
   * from files. It is kept in memory alone; for a certificate from files the next change of the
   * files takes over again. One that is served already is no change.
   *
   * @param name as configuration calls it
   * @param chainPem PEM, the server's own certificate first, at most {@link #LARGEST_PEM}
   * @param keyPem PEM without password: PKCS#8, PKCS#1 or SEC 1; at most {@link #LARGEST_PEM}
   * @return the status after it; waits for other changes and is not for an event loop
   * @throws CertificateRefusedException with the reason, and the certificate stays as it is
   * @throws IllegalArgumentException if there is no such certificate
   */
  public CertificateStatus replace(String name, String chainPem, String keyPem)
      throws CertificateRefusedException {
    ManagedCertificate certificate = certificates.get(name);
    if (certificate == null) {
      throw new IllegalArgumentException("no certificate is called '" + OneLine.of(name) + "'");
    }
    synchronized (changes) {
      if (closed) {
        throw new CertificateRefusedException("the node has ended");
      }
      if (chainPem.length() > LARGEST_PEM || keyPem.length() > LARGEST_PEM) {
        throw new CertificateRefusedException("longer than " + LARGEST_PEM + " characters");
      }
      certificate.replace(chainPem, keyPem, clock.instant());
    }
    whenPlaced.run();
    return certificate.status();
  }

  /**
   * Says what there is, and begins to look for changes: a thread of its own, until {@link #close}.
   * For the node, once.
   *
   * @param action run after every look and every replacement, on the thread that did it
   */
  public void start(Runnable action) {
    synchronized (changes) {
      if (closed || watcher != null || certificates.isEmpty()) {
        return;
      }
      whenPlaced = action;
      announce();
      Thread thread = new Thread(this::watch, "sluice-certificates");
      thread.setDaemon(true);
      // Not that of whoever starts the node.
      thread.setContextClassLoader(CertificateStore.class.getClassLoader());
      thread.start();
      watcher = thread;
    }
  }

  /** From here on the log is told of what changes. */
  void announce() {
    synchronized (changes) {
      certificates.values().forEach(ManagedCertificate::announce);
      certificates.values().forEach(each -> each.warnOfItsEnd(clock.instant()));
    }
  }

  private void watch() {
    try {
      while (!ended.await(interval.toNanos(), TimeUnit.NANOSECONDS)) {
        try {
          look();
        } catch (Throwable e) {
          // An Error, too: thrown on, it would end all further looks.
          if (told.isNew(e)) {
            log.error("looking for certificates failed; it goes on", e);
          }
        }
      }
    } catch (InterruptedException e) {
      // Only the end of the process would: there is nothing more to look for.
      Thread.currentThread().interrupt();
    }
  }

  /** Looks at all files once. */
  void look() {
    synchronized (changes) {
      if (closed) {
        return;
      }
      Instant now = clock.instant();
      certificates.values().forEach(certificate -> certificate.check(now));
      interfaces.forEach(secured -> secured.check(now));
      certificates.values().forEach(certificate -> certificate.warnOfItsEnd(now));
    }
    whenPlaced.run();
  }

  /** Ends the looking and lets go of the certificates; connections keep theirs. */
  @Override
  public void close() {
    Thread thread;
    synchronized (changes) {
      closed = true;
      thread = watcher;
      watcher = null;
      interfaces.forEach(secured -> secured.tls().close());
    }
    ended.countDown();
    whenPlaced = () -> {};
    if (thread != null) {
      try {
        thread.join(WATCHER_END.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
