// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.File;
import javax.net.ssl.SSLException;

/**
 * The one TLS policy of all measurements: TLS 1.3 and X25519 by BoringSSL. Both ends name the
 * group, so that no server measured can get a cheaper or dearer handshake than another.
 *
 * <p>BoringSSL does not let TLS 1.3 suites be chosen; it takes AES-128-GCM where the processor has
 * AES. {@link Connector} therefore checks the suite after the handshake.
 */
final class Tls {

  static final String VERSION = "TLSv1.3";
  static final String CIPHER_SUITE = "TLS_AES_128_GCM_SHA256";
  private static final String[] GROUPS = {"X25519"};

  private Tls() {}

  /** A server that agrees on one of these by ALPN; without any it does not know ALPN. */
  static SslContext server(File certificate, File key, String... protocols) throws SSLException {
    return policy(SslContextBuilder.forServer(certificate, key), protocols).build();
  }

  /** A client that verifies nothing: only the server's cost is measured. */
  static SslContext client(String... protocols) throws SSLException {
    return policy(SslContextBuilder.forClient(), protocols)
        .trustManager(InsecureTrustManagerFactory.INSTANCE)
        .endpointIdentificationAlgorithm(null)
        .build();
  }

  private static SslContextBuilder policy(SslContextBuilder builder, String... protocols) {
    if (protocols.length > 0) {
      builder.applicationProtocolConfig(
          new ApplicationProtocolConfig(
              Protocol.ALPN,
              SelectorFailureBehavior.NO_ADVERTISE,
              SelectedListenerFailureBehavior.ACCEPT,
              protocols));
    }
    return builder
        .sslProvider(SslProvider.OPENSSL_REFCNT)
        .protocols(VERSION)
        .option(OpenSslContextOption.GROUPS, GROUPS);
  }
}
