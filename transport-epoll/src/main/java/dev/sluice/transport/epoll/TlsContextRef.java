// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import io.netty.handler.ssl.SslContext;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The context that an interface serves with now. One write replaces it: connections that began
 * before keep the one that they took. Any thread.
 */
public final class TlsContextRef implements AutoCloseable {

  // Null once closed.
  private final AtomicReference<SslContext> current;

  /**
   * Takes a context over.
   *
   * @param context owned by this object from now on
   */
  public TlsContextRef(SslContext context) {
    this.current = new AtomicReference<>(context);
  }

  /**
   * Serves new connections with another context; the old one is freed with its last connection.
   *
   * @param next owned by this object from now on
   */
  public void replace(SslContext next) {
    ReferenceCountUtil.release(current.getAndSet(next));
  }

  /** Takes a share in the current context; the caller releases it. */
  SslContext acquire() {
    while (true) {
      SslContext context = current.get();
      if (context == null) {
        throw new IllegalStateException("closed");
      }
      try {
        return ReferenceCountUtil.retain(context);
      } catch (IllegalReferenceCountException replacedMeanwhile) {
        // The next turn finds its successor.
      }
    }
  }

  /** Gives the context up; connections that took it keep theirs. */
  @Override
  public void close() {
    @SuppressWarnings("NullAway") // null marks the end
    SslContext last = current.getAndSet(null);
    if (last != null) {
      ReferenceCountUtil.release(last);
    }
  }
}
