// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.tls;

import io.netty.handler.ssl.OpenSslCertificateException;
import io.netty.internal.tcnative.CertificateVerifier;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateRevokedException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts peers of one kind as the JDK does, and those of the other kind never: a subclass says
 * which. Never written to; on the loop, during the handshake.
 */
abstract class JdkTrust extends X509ExtendedTrustManager {

  private static final Set<CertPathValidatorException.Reason> OF_TIME =
      Set.of(BasicReason.EXPIRED, BasicReason.NOT_YET_VALID, BasicReason.REVOKED);

  private final X509ExtendedTrustManager jdk;
  private final String peers;

  /**
   * A way to trust.
   *
   * @param jdk what decides
   * @param peers whom it is for, for people
   */
  JdkTrust(X509ExtendedTrustManager jdk, String peers) {
    this.jdk = jdk;
    this.peers = peers;
  }

  /**
   * The JDK's way to trust.
   *
   * @param authorities whom; empty for those that the JDK comes with
   */
  static X509ExtendedTrustManager in(List<X509Certificate> authorities) throws SSLException {
    try {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      if (authorities.isEmpty()) {
        factory.init((KeyStore) null);
      } else {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        for (X509Certificate authority : authorities) {
          store.setCertificateEntry(Integer.toString(store.size()), authority);
        }
        factory.init(store);
      }
      return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    } catch (GeneralSecurityException | IOException e) {
      throw new SSLException("can't be used: " + e.getMessage(), e);
    }
  }

  final X509ExtendedTrustManager jdk() {
    return jdk;
  }

  /** With the error of the library that stands for it; Netty finds those of time by itself. */
  static CertificateException named(CertificateException refused) {
    int error = CertificateVerifier.X509_V_ERR_INVALID_PURPOSE;
    for (@Nullable Throwable cause = refused; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateExpiredException
          || cause instanceof CertificateNotYetValidException
          || cause instanceof CertificateRevokedException
          || (cause instanceof CertPathValidatorException invalid
              && OF_TIME.contains(invalid.getReason()))) {
        return refused;
      }
      if (cause instanceof CertPathValidatorException
          || cause instanceof CertPathBuilderException) {
        error = CertificateVerifier.X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
      }
    }
    return new OpenSslCertificateException(refused.getMessage(), refused, error);
  }

  @Override
  public final X509Certificate[] getAcceptedIssuers() {
    return jdk.getAcceptedIssuers();
  }

  // ---- peers of the other kind

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    throw otherKind();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    throw otherKind();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    throw otherKind();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    throw otherKind();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    throw otherKind();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    throw otherKind();
  }

  private CertificateException otherKind() {
    return new CertificateException("trusts " + peers + " only");
  }
}
