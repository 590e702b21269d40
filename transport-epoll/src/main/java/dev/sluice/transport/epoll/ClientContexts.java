// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.transport.epoll.ClientCertificates.Shown;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The contexts of outbound TLS: one for each way to trust, certificate in its version, and list of
 * ALPN names, made when it is first needed and kept for the next connection. {@link #find} is for
 * any thread and never blocks; {@link #make} reads files and belongs to one thread.
 */
final class ClientContexts {

  private static final Logger log = LoggerFactory.getLogger(ClientContexts.class);

  /** Code asks for a handful of ways to do TLS; one that makes up more pays for it itself. */
  private static final int MOST = 64;

  /** How long a file of authorities is taken to be as it was. */
  private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final ConcurrentHashMap<Key, Entry> entries = new ConcurrentHashMap<>();

  // One thread only.
  private final Map<Path, TrustFile> trustFiles = new HashMap<>();
  private final Set<Path> refused = new HashSet<>();
  private @Nullable X509ExtendedTrustManager jdkTrust;
  private boolean closed;

  /** What makes one context differ from another. */
  record Key(
      boolean verifies,
      @Nullable Path trustFile,
      List<X509Certificate> authorities,
      List<String> alpn,
      @Nullable CertificateVersion own) {

    static Key of(OutboundTls tls, List<String> alpn, @Nullable Shown own) {
      return new Key(
          tls.verifies(),
          tls.verifies() ? tls.trustFile().orElse(null) : null,
          tls.verifies() ? tls.authorities() : List.of(),
          alpn,
          own == null ? null : own.version());
    }
  }

  private static final class Entry {
    final TlsContextRef ref;
    final List<X509Certificate> authorities;

    // The file of its authorities was looked at; written by the making thread, read by loops.
    volatile long checkedAt = System.nanoTime();

    // Perhaps lost where two loops write: it only decides who makes room.
    volatile long usedAt = System.nanoTime();

    Entry(TlsContextRef ref, List<X509Certificate> authorities) {
      this.ref = ref;
      this.authorities = authorities;
    }
  }

  private record TrustFile(
      FileTime modified, long size, @Nullable Object inode, List<X509Certificate> authorities) {}

  /** The context in the making or made; to be released. Null: {@link #make} has to make it. */
  @Nullable SslContext find(Key key) {
    Entry entry = entries.get(key);
    if (entry == null) {
      return null;
    }
    long now = System.nanoTime();
    if (key.trustFile() != null && now - entry.checkedAt > FRESH_NANOS) {
      return null;
    }
    entry.usedAt = now;
    return share(entry);
  }

  private static @Nullable SslContext share(Entry entry) {
    try {
      return Objects.requireNonNull(entry.ref.acquire(Optional.empty())).context();
    } catch (IllegalStateException givenUpMeanwhile) {
      return null;
    }
  }

  /**
   * Makes the context, or finds that it is good still.
   *
   * @return to be released
   * @throws SSLException if it can't be made
   */
  SslContext make(Key key, @Nullable Shown own) throws SSLException {
    if (closed) {
      throw new SSLException("the node has ended");
    }
    List<X509Certificate> authorities =
        key.trustFile() == null ? key.authorities() : authorities(key.trustFile());
    Entry entry = entries.get(key);
    if (entry == null || !entry.authorities.equals(authorities)) {
      SslContext context =
          TlsPolicy.client(
              trust(key, authorities), own == null ? null : own.identity(), key.alpn());
      entry = new Entry(new TlsContextRef(context), authorities);
      giveUp(entries.put(key, entry));
      makeRoom(key);
    }
    entry.checkedAt = System.nanoTime();
    return Objects.requireNonNull(share(entry));
  }

  private TrustManager trust(Key key, List<X509Certificate> authorities) throws SSLException {
    if (!key.verifies()) {
      return InsecureTrustManagerFactory.INSTANCE.getTrustManagers()[0];
    }
    if (!authorities.isEmpty()) {
      return new ServerTrust(ClientTrust.jdk(authorities));
    }
    X509ExtendedTrustManager known = jdkTrust;
    if (known == null) {
      known = ClientTrust.jdk(List.of());
      jdkTrust = known;
    }
    return new ServerTrust(known);
  }

  private List<X509Certificate> authorities(Path file) throws SSLException {
    TrustFile before = trustFiles.get(file);
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      if (before != null
          && before.modified.equals(now.lastModifiedTime())
          && before.size == now.size()
          && Objects.equals(before.inode, now.fileKey())) {
        return before.authorities;
      }
      List<X509Certificate> read = TlsPolicy.authorities(file);
      if (trustFiles.size() >= MOST) {
        trustFiles.clear();
        refused.clear();
      }
      refused.remove(file);
      trustFiles.put(file, new TrustFile(now.lastModifiedTime(), now.size(), now.fileKey(), read));
      return read;
    } catch (IOException e) {
      if (before == null) {
        throw new SSLException("trusted authorities: " + file + " " + words(e), e);
      }
      if (refused.add(file)) {
        log.warn("{} is not taken: {}; servers are trusted by what it held before", file, words(e));
      }
      return before.authorities;
    }
  }

  private static String words(IOException e) {
    return e instanceof SSLException ? String.valueOf(e.getMessage()) : "can't be read: " + e;
  }

  /** A certificate's earlier versions are of no use any more; then whoever was not used longest. */
  private void makeRoom(Key latest) {
    CertificateVersion own = latest.own();
    if (own != null) {
      for (Key key : entries.keySet()) {
        CertificateVersion other = key.own();
        if (other != null
            && other.name().equals(own.name())
            && other.generation() < own.generation()) {
          giveUp(entries.remove(key));
        }
      }
    }
    while (entries.size() > MOST) {
      Key oldest = latest;
      long age = Long.MIN_VALUE;
      for (Map.Entry<Key, Entry> each : entries.entrySet()) {
        long unused = System.nanoTime() - each.getValue().usedAt;
        if (unused > age && !each.getKey().equals(latest)) {
          age = unused;
          oldest = each.getKey();
        }
      }
      giveUp(entries.remove(oldest));
    }
  }

  private static void giveUp(@Nullable Entry entry) {
    if (entry != null) {
      entry.ref.close();
    }
  }

  /** How many there are; any thread. */
  int size() {
    return entries.size();
  }

  /** Connections keep theirs. On the making thread, or behind its end. */
  void close() {
    closed = true;
    entries.values().forEach(ClientContexts::giveUp);
    entries.clear();
    trustFiles.clear();
  }

  static void release(@Nullable SslContext context) {
    if (context != null) {
      ReferenceCountUtil.release(context);
    }
  }
}
