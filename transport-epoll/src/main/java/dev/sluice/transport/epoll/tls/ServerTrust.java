// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.tls;

import dev.sluice.api.outbound.OutboundException.Kind;
import io.netty.handler.ssl.OpenSslCertificateException;
import io.netty.internal.tcnative.CertificateVerifier;
import io.netty.util.NetUtil;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts servers as the JDK does, by authority and by name, and says which of the two it was where
 * it does not. On the loop, during the handshake.
 */
final class ServerTrust extends JdkTrust {

  /** Of a subject's alternative names: that of a host (RFC 5280, section 4.2.1.6). */
  private static final Integer DNS_NAME = 2;

  ServerTrust(X509ExtendedTrustManager jdk) {
    super(jdk, "servers");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    try {
      jdk().checkServerTrusted(chain, type, engine);
      checkNamed(chain[0], engine);
    } catch (CertificateException refused) {
      throw explained(chain, type, refused, engine);
    }
  }

  /**
   * Where there is no name for hosts among the alternative ones the JDK believes the subject's
   * common name, which RFC 9110, section 4.3.4, forbids. An address it looks for there only.
   */
  private static void checkNamed(X509Certificate certificate, SSLEngine engine)
      throws CertificateException {
    String host = engine.getPeerHost();
    boolean byName =
        engine.getSSLParameters().getEndpointIdentificationAlgorithm() != null
            && !(NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host));
    if (byName && !hasDnsName(certificate)) {
      throw new CertificateException("no subject alternative name for a host");
    }
  }

  private static boolean hasDnsName(X509Certificate certificate)
      throws CertificateParsingException {
    @Nullable Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
    return alternatives != null
        && alternatives.stream().anyMatch(alternative -> DNS_NAME.equals(alternative.get(0)));
  }

  /** With the error of the library that decides on the alert. */
  private CertificateException explained(
      X509Certificate[] chain, String type, CertificateException refused, SSLEngine engine) {
    if (isTrusted(chain, type)) {
      return alert(
          CertificateVerifier.X509_V_ERR_HOSTNAME_MISMATCH,
          new ServerRefusedException(
              Kind.HOST_NAME_MISMATCH,
              "the certificate is for " + names(chain[0]) + " and not for " + engine.getPeerHost(),
              refused));
    }
    CertificateException named = named(refused);
    ServerRefusedException explained =
        new ServerRefusedException(Kind.CERTIFICATE_NOT_TRUSTED, reason(chain, refused), refused);
    return named instanceof OpenSslCertificateException mapped
        ? alert(mapped.errorCode(), explained)
        : alert(errorOfTime(refused), explained);
  }

  private static CertificateException alert(int error, ServerRefusedException explained) {
    return new OpenSslCertificateException(explained.getMessage(), explained, error);
  }

  private boolean isTrusted(X509Certificate[] chain, String type) {
    try {
      jdk().checkServerTrusted(chain, type);
      return true;
    } catch (CertificateException untrusted) {
      return false;
    }
  }

  private static int errorOfTime(CertificateException refused) {
    return isCausedBy(refused, CertificateNotYetValidException.class)
        ? CertificateVerifier.X509_V_ERR_CERT_NOT_YET_VALID
        : CertificateVerifier.X509_V_ERR_CERT_HAS_EXPIRED;
  }

  private static boolean isCausedBy(Throwable failure, Class<? extends Throwable> type) {
    for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return true;
      }
    }
    return false;
  }

  private static String reason(X509Certificate[] chain, CertificateException refused) {
    for (X509Certificate certificate : chain) {
      try {
        certificate.checkValidity();
      } catch (CertificateExpiredException expired) {
        return "the certificate of '"
            + certificate.getSubjectX500Principal().getName()
            + "' has expired at "
            + certificate.getNotAfter().toInstant();
      } catch (CertificateNotYetValidException early) {
        return "the certificate of '"
            + certificate.getSubjectX500Principal().getName()
            + "' is not valid before "
            + certificate.getNotBefore().toInstant();
      }
    }
    return "the certificate of '"
        + chain[0].getSubjectX500Principal().getName()
        + "' by '"
        + chain[0].getIssuerX500Principal().getName()
        + "' is not trusted: "
        + refused.getMessage();
  }

  private static String names(X509Certificate certificate) {
    try {
      @Nullable Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
      if (alternatives != null) {
        return alternatives.stream()
            .limit(8)
            .map(alternative -> String.valueOf(alternative.get(1)))
            .collect(Collectors.joining(", "));
      }
    } catch (CertificateParsingException damaged) {
      // The subject has to do.
    }
    return "no host by name, only '" + certificate.getSubjectX500Principal().getName() + "',";
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    jdk().checkServerTrusted(chain, type, socket);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    jdk().checkServerTrusted(chain, type);
  }
}
