// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.tls;

import io.netty.buffer.ByteBuf;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.internal.tcnative.SSL;
import java.lang.reflect.Field;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decrypts single records past Netty's engine. A peer's close_notify ends the peer's direction only
 * (RFC 8446, section 6.1), and BoringSSL goes on writing behind it; Netty's engine, where it sees
 * one, ends both directions and loses what was still to be said. So a record that can be a
 * close_notify is read here, and the engine never hears of it.
 *
 * <p>The engine keeps where BoringSSL reads from to itself. Where that can't be had, as from
 * another release of Netty, there is no reader, and a close_notify ends both directions.
 */
public final class RecordReader {

  private static final Logger log = LoggerFactory.getLogger(RecordReader.class);

  private static final @Nullable Field NETWORK_BIO = networkBio();

  /** What a record was. */
  public enum Outcome {
    /** Plaintext, or nothing that concerns anybody. */
    DATA,
    /** The peer has ended its direction in order. */
    CLOSE_NOTIFY,
    /** What BoringSSL refuses, or a fatal alert of the peer: TLS is over. */
    FAILED
  }

  private final ReferenceCountedOpenSslEngine engine;
  private final long networkBio;

  private RecordReader(ReferenceCountedOpenSslEngine engine, long networkBio) {
    this.engine = engine;
    this.networkBio = networkBio;
  }

  private static @Nullable Field networkBio() {
    try {
      Field field = ReferenceCountedOpenSslEngine.class.getDeclaredField("networkBIO");
      field.setAccessible(true);
      return field;
    } catch (ReflectiveOperationException | RuntimeException changed) {
      log.info("a close_notify will end both directions of a connection: {}", changed.toString());
      return null;
    }
  }

  /**
   * For one engine, whose handshake is over.
   *
   * @param of of any kind
   * @return null where it can't be done; see above
   */
  public static @Nullable RecordReader of(SSLEngine of) {
    if (NETWORK_BIO == null || !(of instanceof ReferenceCountedOpenSslEngine engine)) {
      return null;
    }
    try {
      return new RecordReader(engine, NETWORK_BIO.getLong(engine));
    } catch (IllegalAccessException refused) {
      log.debug("no reader of single records", refused);
      return null;
    }
  }

  /**
   * Decrypts a record. On the engine's loop, when the engine has decrypted all before it.
   *
   * @param record one whole record, with its header; stays the caller's, direct
   * @param into gets the plaintext, and has room for all of it; direct
   * @return what it was
   */
  public Outcome read(ByteBuf record, ByteBuf into) {
    synchronized (engine) {
      long ssl = engine.sslPointer();
      if (ssl == 0) {
        return Outcome.FAILED;
      }
      long from = record.memoryAddress() + record.readerIndex();
      SSL.bioSetByteBuffer(networkBio, from, record.readableBytes(), false);
      try {
        int writer = into.writerIndex();
        int read = SSL.readFromSSL(ssl, into.memoryAddress() + writer, into.writableBytes());
        if (read > 0) {
          into.writerIndex(writer + read);
          return Outcome.DATA;
        }
        int error = SSL.getError(ssl, read);
        if (error == SSL.SSL_ERROR_ZERO_RETURN) {
          return Outcome.CLOSE_NOTIFY;
        }
        // A warning that concerns nobody leaves BoringSSL waiting for the next record.
        return error == SSL.SSL_ERROR_WANT_READ ? Outcome.DATA : Outcome.FAILED;
      } finally {
        SSL.bioClearByteBuffer(networkBio);
        SSL.clearError();
      }
    }
  }
}
