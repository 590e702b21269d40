// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * What a TLS handshake agreed on.
 *
 * @param version such as {@code TLSv1.3}
 * @param cipherSuite such as {@code TLS_AES_128_GCM_SHA256}
 * @param group the key exchange, such as {@code X25519MLKEM768}; empty where the library does not
 *     tell
 * @param serverName the host name that the client asked for (SNI)
 * @param applicationProtocol the ALPN name that was chosen
 * @param peerCertificates the peer's chain, its own certificate first; empty where it gave none. Of
 *     a client, unless the interface requires certificates, they are <em>not</em> verified against
 *     any authority: the peer has proven only that it holds the first one's key. Of a server that
 *     the node connected to they are verified, unless that was switched off
 */
public record TlsInfo(
    String version,
    String cipherSuite,
    Optional<String> group,
    Optional<String> serverName,
    Optional<String> applicationProtocol,
    List<X509Certificate> peerCertificates) {

  /**
   * Keeps the list from changing.
   *
   * @param version as above
   * @param cipherSuite as above
   * @param group as above
   * @param serverName as above
   * @param applicationProtocol as above
   * @param peerCertificates copied
   */
  public TlsInfo {
    peerCertificates = List.copyOf(peerCertificates);
  }
}
