// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.tls;

import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.session.bridge.CertificateVersion;
import dev.sluice.transport.epoll.tls.ClientCertificates.Shown;
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
 * The contexts of outbound TLS. There is one for each combination of trust, certificate with its
 * version, and ALPN names. It is made when it is first needed, and kept for later connections.
 * {@link #find} is for any thread and never blocks; {@link #make} reads files and belongs to one
 * thread.
 */
public final class ClientContexts {

  private static final Logger log = LoggerFactory.getLogger(ClientContexts.class);

  /** Usual code needs a handful of contexts. Beyond so many, old ones are dropped and made anew. */
  private static final int MOST = 64;

  /** How long a file of authorities is taken to be as it was. */
  private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final ConcurrentHashMap<Key, Entry> entries = new ConcurrentHashMap<>();

  // One thread only.
  private final Map<Path, TrustFile> trustFiles = new HashMap<>();
  private final Set<Path> refused = new HashSet<>();
  private @Nullable X509ExtendedTrustManager jdkTrust;
  private boolean closed;

  /** Nothing is made yet. */
  public ClientContexts() {}

  /**
   * What makes one context differ from another.
   *
   * @param verifies whether the server has to be trusted
   * @param trustFile a file of authorities; null for none
   * @param authorities given in place of a file; empty: the JDK's
   * @param alpn names to offer
   * @param own the certificate to show; null for none
   */
  public record Key(
      boolean verifies,
      @Nullable Path trustFile,
      List<X509Certificate> authorities,
      List<String> alpn,
      @Nullable CertificateVersion own) {

    /**
     * The key of what an attempt wants.
     *
     * @param tls how it wants TLS
     * @param alpn names to offer
     * @param own the certificate to show; null for none
     * @return equal for attempts that can share a context
     */
    public static Key of(OutboundTls tls, List<String> alpn, @Nullable Shown own) {
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

  /**
   * The context, if there is one and it is good still. Any thread; does not block.
   *
   * @param key what is wanted
   * @return to be released; null: {@link #make} has to make it
   */
  public @Nullable SslContext find(Key key) {
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
   * Makes the context, or finds that it is good still. One thread; reads files.
   *
   * @param key what is wanted
   * @param own the certificate of the key's version, with its private key
   * @return to be released
   * @throws SSLException if it can't be made
   */
  public SslContext make(Key key, @Nullable Shown own) throws SSLException {
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
      return new ServerTrust(JdkTrust.in(authorities));
    }
    X509ExtendedTrustManager known = jdkTrust;
    if (known == null) {
      known = JdkTrust.in(List.of());
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

  /**
   * First those of a certificate's earlier versions, then the one that was not used for longest.
   */
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

  /**
   * How many there are. Any thread.
   *
   * @return those that are kept, whether or not a connection has them
   */
  public int size() {
    return entries.size();
  }

  /** Connections keep theirs. On the making thread, or behind its end. */
  public void close() {
    closed = true;
    entries.values().forEach(ClientContexts::giveUp);
    entries.clear();
    trustFiles.clear();
  }

  /**
   * Gives a share in a context back. Any thread.
   *
   * @param context from {@link #find} or {@link #make}; null is let pass
   */
  public static void release(@Nullable SslContext context) {
    if (context != null) {
      ReferenceCountUtil.release(context);
    }
  }
}
