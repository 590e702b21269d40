// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.tls;

import dev.sluice.session.bridge.CertificateVersion;
import io.netty.handler.ssl.SslContext;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The certificates that an interface serves with now, each in a context of its own. One write
 * replaces a certificate: connections that began before keep the one that they took, and the old
 * context is freed with the last of them. Any thread; writers take turns.
 */
public final class TlsContextRef implements AutoCloseable {

  private static final String UNNAMED = "unnamed";

  /** In the order of preference; the first is served where a client's name fits none. */
  private final List<String> certificates;

  private final boolean refusesUnknownNames;

  // Guarded by this.
  private final Map<String, ServedCertificate> arrived = new LinkedHashMap<>();

  /** Contexts that others have taken the place of and that connections still hold. */
  private final Queue<ServedCertificate> retired = new ConcurrentLinkedQueue<>();

  // Written by whoever replaces a certificate, read by the loops once a connection: a context and
  // its version leave together. Null once closed.
  private volatile @Nullable ServerNameTable current = ServerNameTable.EMPTY;

  /**
   * For one certificate that is there and stays.
   *
   * @param context owned by this object from now on
   */
  public TlsContextRef(SslContext context) {
    this(List.of(UNNAMED), false);
    put(new CertificateVersion(UNNAMED, 1), context, List.of());
  }

  /**
   * For certificates that come with {@link #put}.
   *
   * @param certificates their names; the first is the default
   * @param refusesUnknownNames whether a client that asks for a name that no certificate has is
   *     refused in place of being served the default
   * @throws IllegalArgumentException if there is none
   */
  public TlsContextRef(List<String> certificates, boolean refusesUnknownNames) {
    if (certificates.isEmpty()) {
      throw new IllegalArgumentException("an interface with TLS needs a certificate");
    }
    this.certificates = List.copyOf(certificates);
    this.refusesUnknownNames = refusesUnknownNames;
  }

  /**
   * Serves new connections with another context.
   *
   * @param version the certificate that it is made of; its name is one of this object's
   * @param context owned by this object from now on
   * @param dnsNames whom the certificate is for, as they stand in it
   * @throws IllegalStateException if this object is closed; the context is released
   */
  public synchronized void put(
      CertificateVersion version, SslContext context, Collection<String> dnsNames) {
    if (current == null || !certificates.contains(version.name())) {
      ReferenceCountUtil.release(context);
      throw new IllegalStateException(
          current == null ? "closed" : "no certificate " + version.name() + " is served here");
    }
    ServedCertificate old =
        arrived.put(version.name(), new ServedCertificate(version, context, List.copyOf(dnsNames)));
    current =
        ServerNameTable.of(
            certificates.stream().flatMap(name -> Optional.ofNullable(arrived.get(name)).stream()),
            arrived.get(certificates.get(0)),
            refusesUnknownNames);
    retired.removeIf(before -> !isAlive(before));
    if (old != null) {
      ReferenceCountUtil.release(old.context());
      if (isAlive(old)) {
        retired.add(old);
      }
    }
  }

  /**
   * Whether clients can be served: the default certificate has come.
   *
   * @return {@code true} from then on, until this object is closed
   */
  public boolean available() {
    ServerNameTable table = current;
    return table != null && table.fallback() != null;
  }

  /**
   * How many contexts of a certificate have been replaced and still have connections.
   *
   * @param certificate its name
   * @return 0 once the last of those connections has ended
   */
  public int retired(String certificate) {
    retired.removeIf(before -> !isAlive(before));
    int count = 0;
    for (ServedCertificate before : retired) {
      if (before.version().name().equals(certificate)) {
        count++;
      }
    }
    return count;
  }

  /**
   * Takes a share in the context for a client; the caller releases it.
   *
   * @param serverName what the client asked for
   * @return null if clients that ask for this name are refused
   * @throws IllegalStateException if this object is closed
   */
  public @Nullable ServedCertificate acquire(Optional<String> serverName) {
    while (true) {
      ServerNameTable table = current;
      if (table == null) {
        throw new IllegalStateException("closed");
      }
      ServedCertificate served = table.find(serverName);
      if (served == null) {
        return null;
      }
      try {
        ReferenceCountUtil.retain(served.context());
        return served;
      } catch (IllegalReferenceCountException replacedMeanwhile) {
        // The next turn finds its successor.
      }
    }
  }

  private static boolean isAlive(ServedCertificate served) {
    return served.context() instanceof ReferenceCounted counted && counted.refCnt() > 0;
  }

  /** Gives the contexts up; connections that took one keep it. */
  @Override
  public synchronized void close() {
    current = null;
    arrived.values().forEach(served -> ReferenceCountUtil.release(served.context()));
    arrived.clear();
  }
}
