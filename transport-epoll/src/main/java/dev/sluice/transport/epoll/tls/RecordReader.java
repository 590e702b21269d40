// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.tls;

import io.netty.buffer.ByteBuf;
import io.netty.channel.unix.Buffer;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.internal.tcnative.SSL;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
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
   * @param record one whole record, with its header; stays the caller's, direct, in one piece
   * @param into gets the plaintext, and has room for all of it; direct, in one piece
   * @return what it was
   */
  public Outcome read(ByteBuf record, ByteBuf into) {
    synchronized (engine) {
      long ssl = engine.sslPointer();
      if (ssl == 0) {
        return Outcome.FAILED;
      }
      int length = record.readableBytes();
      int room = into.writableBytes();
      long from = address(record, record.readerIndex(), length);
      long to = address(into, into.writerIndex(), room);
      SSL.bioSetByteBuffer(networkBio, from, length, false);
      try {
        int read = SSL.readFromSSL(ssl, to, room);
        if (read > 0) {
          into.writerIndex(into.writerIndex() + read);
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

  /** Without Unsafe, and from some allocators, a buffer knows where it is by its NIO view alone. */
  private static long address(ByteBuf buffer, int index, int length) {
    if (buffer.hasMemoryAddress()) {
      return buffer.memoryAddress() + index;
    }
    ByteBuffer view = buffer.internalNioBuffer(index, length);
    return Buffer.memoryAddress(view) + view.position();
  }
}
