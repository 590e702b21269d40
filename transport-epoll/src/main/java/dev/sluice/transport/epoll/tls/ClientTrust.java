// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.tls;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts clients whose certificate leads to one of some authorities. Where it leads elsewhere, the
 * client hears unknown_ca (RFC 8446, section 6.2): the JDK's own failure does not say so in a way
 * that reaches BoringSSL.
 */
final class ClientTrust extends JdkTrust {

  private ClientTrust(X509ExtendedTrustManager jdk) {
    super(jdk, "clients");
  }

  static TrustManager of(List<X509Certificate> authorities) throws SSLException {
    return new ClientTrust(JdkTrust.in(authorities));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    try {
      jdk().checkClientTrusted(chain, type, engine);
    } catch (CertificateException refused) {
      throw named(refused);
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    jdk().checkClientTrusted(chain, type, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    jdk().checkClientTrusted(chain, type);
  }
}
