// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/** A TLS client that decides itself which records leave together. For one thread. */
final class RecordClient implements AutoCloseable {

  final Socket socket;
  final SSLEngine engine;
  private ByteBuffer received = ByteBuffer.allocate(64 << 10).flip();
  private final ByteBuffer plain = ByteBuffer.allocate(64 << 10);

  /** Whether the server's close_notify has been read. */
  boolean closeNotified;

  /** The most bytes of a handshake that leave at once. */
  private final int segment;

  /** The most bytes of a message that a record of the hello holds. */
  private final int fragment;

  private boolean greeted;

  /** Connects and shakes hands. */
  RecordClient(OpenSslServer server, SSLEngine engine) throws IOException {
    this(server, engine, Integer.MAX_VALUE);
  }

  /** Connects and shakes hands in many small segments. */
  RecordClient(OpenSslServer server, SSLEngine engine, int segment) throws IOException {
    this(server, engine, segment, Integer.MAX_VALUE);
  }

  /** Connects and shakes hands with a hello in many small records. */
  RecordClient(OpenSslServer server, SSLEngine engine, int segment, int fragment)
      throws IOException {
    this.engine = engine;
    this.segment = segment;
    this.fragment = fragment;
    engine.setUseClientMode(true);
    socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) TestNode.PATIENCE.toMillis());
    socket.connect(server.address());
    try {
      engine.beginHandshake();
      shakeHands();
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private void shakeHands() throws IOException {
    while (true) {
      HandshakeStatus status = engine.getHandshakeStatus();
      switch (status) {
        case NEED_WRAP -> {
          byte[] flight = wrap(new byte[0]);
          sendInSegments(greeted ? flight : fragmented(flight));
          greeted = true;
        }
        case NEED_TASK -> runTasks();
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
          if (unwrap() == SSLEngineResult.Status.BUFFER_UNDERFLOW && !receive()) {
            throw new SSLException("end of stream in the handshake");
          }
        }
        default -> {
          return;
        }
      }
    }
  }

  /** The one record of the hello as several (RFC 8446, section 5.1). */
  private byte[] fragmented(byte[] record) {
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    for (int at = 5; at < record.length; ) {
      int length = Math.min(fragment, record.length - at);
      records.write(record, 0, 3);
      records.write(length >> 8);
      records.write(length);
      records.write(record, at, length);
      at += length;
    }
    return records.toByteArray();
  }

  private void sendInSegments(byte[] bytes) throws IOException {
    for (int at = 0; at < bytes.length; ) {
      int length = Math.min(segment, bytes.length - at);
      socket.getOutputStream().write(bytes, at, length);
      at += length;
    }
  }

  private void runTasks() {
    Runnable task;
    while ((task = engine.getDelegatedTask()) != null) {
      task.run();
    }
  }

  private byte[] wrap(byte[] data) throws SSLException {
    ByteBuffer from = ByteBuffer.wrap(data);
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    do {
      ByteBuffer to = ByteBuffer.allocate(64 << 10);
      engine.wrap(from, to);
      records.write(to.array(), 0, to.position());
    } while (from.hasRemaining());
    return records.toByteArray();
  }

  private SSLEngineResult.Status unwrap() throws SSLException {
    SSLEngineResult result = engine.unwrap(received, plain);
    closeNotified |= result.getStatus() == SSLEngineResult.Status.CLOSED;
    runTasks();
    return result.getStatus();
  }

  private boolean receive() throws IOException {
    received.compact();
    int read =
        socket.getInputStream().read(received.array(), received.position(), received.remaining());
    received.position(received.position() + Math.max(0, read)).flip();
    return read > 0;
  }

  /** The records of application data; send them. */
  byte[] seal(byte[] data) throws SSLException {
    return wrap(data);
  }

  /** The record of a close_notify; nothing can be sealed behind it. */
  byte[] sealEnd() throws SSLException {
    engine.closeOutbound();
    return wrap(new byte[0]);
  }

  /** Sends bytes as they are, in one segment where the kernel can. */
  void send(byte[]... parts) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.write(part);
    }
    socket.getOutputStream().write(all.toByteArray());
  }

  /** Without a word of TLS. */
  void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  /** Reads so many bytes of plaintext, fewer where the stream ends before. */
  byte[] read(int bytes) throws IOException {
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    while (got.size() < bytes && !closeNotified) {
      SSLEngineResult.Status status = unwrap();
      got.write(plain.array(), 0, plain.position());
      plain.clear();
      if (status == SSLEngineResult.Status.BUFFER_UNDERFLOW && !receive()) {
        break;
      }
    }
    return got.toByteArray();
  }

  /** Closes before the end of its block. */
  void hangUp() throws IOException {
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
