// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.tls;

import dev.sluice.api.outbound.OutboundException.Kind;
import java.io.Serial;
import java.security.cert.CertificateException;

/** Why a server is not believed, for whoever wanted to connect. */
public final class ServerRefusedException extends CertificateException {

  @Serial private static final long serialVersionUID = 1;

  private final Kind kind;

  ServerRefusedException(Kind kind, String message, CertificateException cause) {
    super(message, cause);
    this.kind = kind;
  }

  /**
   * What it is about the certificate.
   *
   * @return its authority, or the names that it is for
   */
  public Kind kind() {
    return kind;
  }
}
