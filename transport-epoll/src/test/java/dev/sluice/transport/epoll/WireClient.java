// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** A blocking client on the wire, through TLS where the interface has it. */
final class WireClient implements AutoCloseable {

  private static final ExecutorService BACKGROUND =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "test-background");
            thread.setDaemon(true);
            return thread;
          });

  private final Socket raw;
  private final Socket socket;

  /** Bytes that {@link #send} has got rid of. */
  final AtomicLong sent = new AtomicLong();

  private WireClient(Socket raw, Socket socket) {
    this.raw = raw;
    this.socket = socket;
  }

  static WireClient to(OpenSslServer server) throws IOException {
    return to(server, 0);
  }

  /** A client whose kernel takes in little that it does not read. */
  static WireClient withSmallWindow(OpenSslServer server) throws IOException {
    return to(server, 16 << 10);
  }

  private static WireClient to(OpenSslServer server, int window) throws IOException {
    InetSocketAddress address = server.address();
    Socket raw = new Socket();
    raw.setTcpNoDelay(true);
    raw.setSoTimeout((int) TestNode.PATIENCE.toMillis());
    if (window > 0) {
      raw.setReceiveBufferSize(window);
    }
    raw.connect(address, (int) TestNode.PATIENCE.toMillis());
    if (server.options().tls() == null) {
      return new WireClient(raw, raw);
    }
    SSLSocketFactory factory = TestCertificates.clientContext(null).getSocketFactory();
    SSLSocket secured = (SSLSocket) factory.createSocket(raw, "localhost", address.getPort(), true);
    secured.startHandshake();
    return new WireClient(raw, secured);
  }

  /** The same bytes for the same seed. */
  static byte[] noise(int seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** Runs on a thread of its own. */
  static <T> CompletableFuture<T> later(Callable<T> work) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return work.call();
          } catch (Exception e) {
            throw new CompletionException(e);
          }
        },
        BACKGROUND);
  }

  void send(String text) throws IOException {
    send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  void send(byte[] bytes) throws IOException {
    send(bytes, bytes.length);
  }

  /** In pieces, so that {@link #sent} shows where it stalls. */
  void send(byte[] bytes, int piece) throws IOException {
    for (int at = 0; at < bytes.length; at += piece) {
      int length = Math.min(piece, bytes.length - at);
      socket.getOutputStream().write(bytes, at, length);
      sent.addAndGet(length);
    }
  }

  CompletableFuture<Void> sendLater(byte[] bytes) {
    return later(
        () -> {
          send(bytes, 16 << 10);
          return null;
        });
  }

  String receive(int length) throws IOException {
    return new String(receiveBytes(length), StandardCharsets.ISO_8859_1);
  }

  byte[] receiveBytes(int length) throws IOException {
    return socket.getInputStream().readNBytes(length);
  }

  /** All up to the end of the stream. */
  byte[] receiveAll() throws IOException {
    return socket.getInputStream().readAllBytes();
  }

  /** What there is, at most so much; -1 at the end of the stream. */
  int receiveSome(byte[] into) throws IOException {
    return socket.getInputStream().read(into);
  }

  /** Sends no more and still reads; plaintext only. */
  void shutdownOutput() throws IOException {
    raw.shutdownOutput();
  }

  /** Ends the connection without a word of TLS. */
  void cutOff() throws IOException {
    raw.close();
  }

  /** Breaks the connection off with a reset. */
  void reset() throws IOException {
    raw.setSoLinger(true, 0);
    raw.close();
  }

  /** Waits for the server's reset, or for its end of stream ({@code false}). */
  boolean endsByReset() {
    try {
      byte[] chunk = new byte[64 << 10];
      int read;
      do {
        read = raw.getInputStream().read(chunk);
      } while (read >= 0);
      return false;
    } catch (IOException e) {
      return String.valueOf(e.getMessage()).contains("reset");
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
      raw.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
