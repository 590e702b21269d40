// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.tls;

import dev.sluice.api.TlsInfo;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.internal.tcnative.SSL;
import io.netty.util.NetUtil;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The one place that says what TLS means here.
 *
 * <ul>
 *   <li>TLS 1.2 and 1.3 (RFC 8996 retired what is older), AEAD with ephemeral key exchange only.
 *   <li>Key exchange by X25519MLKEM768 where the peer can, else X25519 or the NIST curves.
 *   <li>No renegotiation: BoringSSL's server has none.
 *   <li>No resumption, by session id or ticket: every connection proves its keys anew, so a revoked
 *       or rotated certificate is out of use at once, no ticket key weakens forward secrecy, and a
 *       session never crosses from an interface that does not ask for client certificates to one
 *       that does. The price is a full handshake for each connection.
 *   <li>Connections that the node opens have the same versions, ciphers and groups; their servers
 *       are verified by authority and by name unless that is switched off.
 *   <li>Client certificates are requested and not verified unless {@link ClientAuthentication} says
 *       otherwise; the peer proves possession of the key in any case.
 * </ul>
 */
public final class TlsPolicy {

  private static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

  private static final List<String> CIPHERS =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  private static final String[] GROUPS = {"X25519MLKEM768", "X25519", "P-256", "P-384"};

  private TlsPolicy() {}

  /** What an interface asks of its clients. */
  public enum ClientAuthentication {
    /** No certificate is asked for. */
    NONE,
    /** A certificate is asked for and handed to the session, verified against no authority. */
    REQUEST,
    /** A certificate of a trusted authority is needed. */
    REQUIRE
  }

  /**
   * Reads the authorities that clients' certificates are to lead to.
   *
   * @param file PEM
   * @return at least one certificate
   * @throws SSLException if there is none, or one is damaged
   */
  public static List<X509Certificate> authorities(Path file) throws SSLException {
    return PemFile.read(file).certificates();
  }

  /**
   * Makes the context of a server.
   *
   * @param identity what the server shows of itself
   * @param authentication what is asked of clients
   * @param authorities whom to trust; needed with {@link ClientAuthentication#REQUIRE}, else unused
   * @param alpn names to negotiate, the preferred one first; empty to ignore ALPN
   * @return reference-counted, owned by the caller
   * @throws SSLException if the library can't use them
   */
  public static SslContext server(
      ServerIdentity identity,
      ClientAuthentication authentication,
      List<X509Certificate> authorities,
      List<String> alpn)
      throws SSLException {
    SslContextBuilder builder = SslContextBuilder.forServer(identity.key(), identity.chain());
    switch (authentication) {
      case NONE -> builder.clientAuth(ClientAuth.NONE);
      case REQUEST ->
          builder
              .clientAuth(ClientAuth.OPTIONAL)
              .trustManager(InsecureTrustManagerFactory.INSTANCE);
      case REQUIRE -> {
        if (authorities.isEmpty()) {
          throw new SSLException("client authentication needs a trusted authority");
        }
        builder.clientAuth(ClientAuth.REQUIRE).trustManager(ClientTrust.of(authorities));
      }
    }
    return build(builder, alpn);
  }

  /**
   * Makes the context of a client.
   *
   * @param trust decides whom to believe, the host's name included
   * @param identity what is shown to a server that asks; null for nothing
   * @param alpn names to offer, the preferred one first; empty to ignore ALPN
   * @return reference-counted, owned by the caller
   * @throws SSLException if the library can't use them
   */
  static SslContext client(TrustManager trust, @Nullable ServerIdentity identity, List<String> alpn)
      throws SSLException {
    SslContextBuilder builder = SslContextBuilder.forClient().trustManager(trust);
    if (identity != null) {
      builder.keyManager(identity.key(), identity.chain());
    }
    return build(builder, alpn);
  }

  private static SslContext build(SslContextBuilder builder, List<String> alpn)
      throws SSLException {
    if (!alpn.isEmpty()) {
      builder.applicationProtocolConfig(
          new ApplicationProtocolConfig(
              ApplicationProtocolConfig.Protocol.ALPN,
              ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
              ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
              alpn));
    }
    SslContext context =
        builder
            .sslProvider(SslProvider.OPENSSL_REFCNT)
            .protocols(PROTOCOLS)
            .ciphers(CIPHERS, IdentityCipherSuiteFilter.INSTANCE)
            .option(OpenSslContextOption.GROUPS, GROUPS)
            .build();
    ((OpenSslSessionContext) context.sessionContext()).setSessionCacheEnabled(false);
    return context;
  }

  /**
   * TLS for a client's connection. Netty turns tickets on for every server, with keys that
   * BoringSSL makes up, and offers no way to turn them off but this one, connection by connection.
   *
   * @param context of a server
   * @param allocator the channel's
   * @return for one pipeline
   */
  public static SslHandler handler(SslContext context, ByteBufAllocator allocator) {
    return withoutTickets(context.newHandler(allocator));
  }

  /**
   * TLS for a connection to a server.
   *
   * @param context of a client
   * @param channel remembers which name is asked for
   * @param name the host that is asked for (SNI), unless it is an address, and that the server's
   *     certificate has to be for, if it is verified
   * @param port the server's
   * @param verified whether the certificate's names are compared with the host's
   * @return for one pipeline
   */
  public static SslHandler clientHandler(
      SslContext context, Channel channel, String name, int port, boolean verified) {
    SslHandler handler = withoutTickets(context.newHandler(channel.alloc(), name, port));
    SSLEngine engine = handler.engine();
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm(verified ? "HTTPS" : null);
    if (!isAddress(name)) {
      serverName(channel, name);
      // Netty by itself asks only for names with a dot.
      try {
        parameters.setServerNames(List.of(new SNIHostName(name)));
      } catch (IllegalArgumentException noHostName) {
        // One with an underscore, say: it can be looked up, and not be asked for.
      }
    }
    engine.setSSLParameters(parameters);
    return handler;
  }

  /**
   * Remembers which name a client asks for or is asked for. On the loop, before the handshake ends.
   *
   * @param channel the connection's
   * @param name as it stands in the ClientHello
   */
  public static void serverName(Channel channel, String name) {
    channel.attr(ServerNameHolder.KEY).set(new ServerNameHolder(name));
  }

  private static boolean isAddress(String host) {
    return NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host);
  }

  private static SslHandler withoutTickets(SslHandler handler) {
    SSL.setOptions(
        ((ReferenceCountedOpenSslEngine) handler.engine()).sslPointer(), SSL.SSL_OP_NO_TICKET);
    return handler;
  }

  /**
   * Whether TLS can be served here at all.
   *
   * @throws IllegalStateException with the library's reason if it can't be loaded
   */
  public static void ensureAvailable() {
    if (!OpenSsl.isAvailable()) {
      throw new IllegalStateException(
          "BoringSSL can't be loaded: " + OpenSsl.unavailabilityCause(),
          OpenSsl.unavailabilityCause());
    }
  }

  /**
   * Whether TLS has failed, and not the socket.
   *
   * @param cause what a pipeline was told
   * @return {@code true} for what {@code SslHandler} throws
   */
  public static boolean isTlsFailure(Throwable cause) {
    return cause instanceof SSLException
        || (cause instanceof DecoderException && cause.getCause() instanceof SSLException);
  }

  /**
   * What a handshake has come to. On the loop, behind it.
   *
   * @param pipeline has the {@code SslHandler}
   * @return for the session
   */
  public static TlsInfo describe(ChannelPipeline pipeline) {
    SslHandler handler = pipeline.get(SslHandler.class);
    SSLSession session = handler.engine().getSession();
    ServerNameHolder name = pipeline.channel().attr(ServerNameHolder.KEY).get();
    return new TlsInfo(
        session.getProtocol(),
        session.getCipherSuite(),
        group(handler),
        Optional.ofNullable(name).map(ServerNameHolder::name),
        Optional.ofNullable(handler.applicationProtocol()),
        peerChain(session));
  }

  private static Optional<String> group(SslHandler handler) {
    try {
      return handler.engine() instanceof ReferenceCountedOpenSslEngine engine
          ? Optional.ofNullable(SSL.getGroupName(engine.sslPointer()))
          : Optional.empty();
    } catch (Exception untold) {
      return Optional.empty();
    }
  }

  private static List<X509Certificate> peerChain(SSLSession session) {
    try {
      List<X509Certificate> chain = new ArrayList<>(2);
      for (Certificate certificate : session.getPeerCertificates()) {
        chain.add((X509Certificate) certificate);
      }
      return chain;
    } catch (SSLPeerUnverifiedException none) {
      return List.of();
    }
  }
}
