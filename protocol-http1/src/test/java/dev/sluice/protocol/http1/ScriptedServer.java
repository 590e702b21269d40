// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.outbound.OutboundTarget;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A server on loopback that does what a test says, right or wrong; a thread a connection. */
public final class ScriptedServer implements AutoCloseable {

  /** One connection's life; the socket is closed behind it. */
  @FunctionalInterface
  public interface Script {
    void run(Peer peer) throws Exception;
  }

  private final ServerSocket listener;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private final AtomicInteger accepted = new AtomicInteger();
  private volatile Throwable failure;

  public ScriptedServer(Script script) throws IOException {
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(
        () -> {
          while (true) {
            Socket socket = listener.accept();
            accepted.incrementAndGet();
            sockets.add(socket);
            start(
                () -> {
                  try (socket) {
                    script.run(new Peer(socket));
                  }
                });
          }
        });
  }

  /** Answers every request on every connection with the same bytes. */
  public static ScriptedServer answering(String response) throws IOException {
    return new ScriptedServer(
        peer -> {
          while (peer.readHead() != null) {
            peer.write(response);
          }
        });
  }

  private interface Task {
    void run() throws Exception;
  }

  private void start(Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (IOException gone) {
                // The test, or its client, has ended.
              } catch (Throwable thrown) {
                failure = thrown;
              }
            });
    threads.add(thread);
    thread.start();
  }

  public OutboundTarget target() {
    return new OutboundTarget("127.0.0.1", listener.getLocalPort());
  }

  public int port() {
    return listener.getLocalPort();
  }

  public int accepted() {
    return accepted.get();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
    for (Thread thread : threads) {
      try {
        thread.join(HttpNode.PATIENCE.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      if (thread.isAlive()) {
        throw new AssertionError("a script does not end");
      }
    }
    if (failure != null) {
      throw new AssertionError("a script failed", failure);
    }
  }

  /** The other end of a connection. */
  public static final class Peer {
    public final Socket socket;
    public final InputStream in;

    Peer(Socket socket) throws IOException {
      this.socket = socket;
      this.in = socket.getInputStream();
      socket.setTcpNoDelay(true);
    }

    public void write(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
    }

    /** A request's head, with its empty line; null: there is none any more. */
    public String readHead() throws IOException {
      StringBuilder head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        int next = in.read();
        if (next < 0) {
          return null;
        }
        head.append((char) next);
      }
      return head.toString();
    }

    public String readBytes(int count) throws IOException {
      return new String(in.readNBytes(count), StandardCharsets.ISO_8859_1);
    }

    /** Until the client has ended. */
    public void drain() throws IOException {
      in.transferTo(java.io.OutputStream.nullOutputStream());
    }

    /** As a process that dies: the client sees a reset. */
    public void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }
  }
}
