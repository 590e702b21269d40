// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.stream;

import dev.sluice.api.CloseReason;
import dev.sluice.session.bridge.Ending;
import dev.sluice.transport.epoll.tls.ServedCertificate;
import dev.sluice.transport.epoll.tls.TlsContextRef;
import dev.sluice.transport.epoll.tls.TlsPolicy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslClientHelloHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the ClientHello, then makes way for TLS. Until a client has sent one it has cost no TLS
 * state, and TLS is set up on the connection's own loop.
 */
final class ClientHelloInspector extends SslClientHelloHandler<ClientHello> {

  /** Larger than any real hello, post-quantum key shares included. */
  private static final int LONGEST_HELLO = 32 << 10;

  /**
   * A fatal no_application_protocol (RFC 7301, section 3.2), which BoringSSL can't be told to send.
   */
  private static final byte[] NO_APPLICATION_PROTOCOL = {21, 3, 3, 0, 2, 2, 120};

  /** A fatal unrecognized_name (RFC 6066, section 3). */
  private static final byte[] UNRECOGNIZED_NAME = {21, 3, 3, 0, 2, 2, 112};

  private final ChannelWire wire;
  private final TlsContextRef tls;
  private final List<String> alpn;

  ClientHelloInspector(ChannelWire wire, TlsContextRef tls, List<String> alpn) {
    super(LONGEST_HELLO);
    this.wire = wire;
    this.tls = tls;
    this.alpn = alpn;
  }

  @Override
  protected Future<ClientHello> lookup(ChannelHandlerContext ctx, @Nullable ByteBuf hello) {
    // Null where the first record was no hello: TLS itself finds the words for that.
    return ctx.executor()
        .newSucceededFuture(hello == null ? ClientHello.EMPTY : ClientHello.parse(hello));
  }

  @Override
  protected void onLookupComplete(ChannelHandlerContext ctx, Future<ClientHello> parsed) {
    ClientHello hello = parsed.getNow();
    hello.serverName().ifPresent(name -> TlsPolicy.serverName(ctx.channel(), name));
    if (!alpn.isEmpty() && !hello.alpn().isEmpty() && Collections.disjoint(alpn, hello.alpn())) {
      refuse(ctx, NO_APPLICATION_PROTOCOL, CloseReason.NO_APPLICATION_PROTOCOL);
      return;
    }
    ServedCertificate served = tls.acquire(hello.serverName());
    if (served == null) {
      refuse(ctx, UNRECOGNIZED_NAME, CloseReason.UNRECOGNIZED_NAME);
      return;
    }
    wire.bridge().servedWith(served.version());
    try {
      SslHandler handler = TlsPolicy.handler(served.context(), ctx.alloc());
      // The sweep knows the deadline, from accept on.
      handler.setHandshakeTimeoutMillis(0);
      ctx.pipeline().replace(this, "tls", handler);
    } finally {
      ReferenceCountUtil.release(served.context());
    }
  }

  /** By an alert in a plain record: no key has been agreed on yet. */
  private void refuse(ChannelHandlerContext ctx, byte[] alert, CloseReason reason) {
    ctx.writeAndFlush(Unpooled.wrappedBuffer(alert));
    wire.failTls(reason.code(), null, Ending.of(reason));
  }
}
