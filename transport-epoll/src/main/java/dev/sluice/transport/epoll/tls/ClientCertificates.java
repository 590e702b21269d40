// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.tls;

import dev.sluice.session.bridge.CertificateVersion;
import org.jspecify.annotations.Nullable;

/**
 * What a client may show of itself: the node's certificates by name. Any thread; does not block.
 */
@FunctionalInterface
public interface ClientCertificates {

  /** No certificates. */
  ClientCertificates NONE = name -> null;

  /**
   * The certificate that is served under a name now.
   *
   * @param name as configuration calls it
   * @return null if there is no such certificate, or it has not come yet
   */
  @Nullable Shown shown(String name);

  /**
   * A certificate and its key.
   *
   * @param version tells it from the one before under the same name
   * @param identity chain and key
   */
  record Shown(CertificateVersion version, ServerIdentity identity) {}
}
