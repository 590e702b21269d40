// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.outbound.OutboundTarget;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The {@code nginx} of the machine, on a port of its own, serving a folder of its own. */
public final class Nginx implements AutoCloseable {

  private final Process process;
  private final Path log;
  private final int port;

  /** Whether there is one. */
  public static boolean isInstalled() {
    for (String folder : (System.getenv("PATH") + ":/usr/sbin").split(":", -1)) {
      if (Files.isExecutable(Path.of(folder, "nginx"))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Starts it.
   *
   * @param folder for all of its files; pages are in {@code html} below it
   * @param listen behind the address, such as {@code ssl http2}
   * @param server further directives of its server
   */
  public Nginx(Path folder, String listen, String server) throws Exception {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    log = folder.resolve("error.log");
    Files.createDirectories(folder.resolve("html"));
    Path configuration =
        Files.writeString(
            folder.resolve("nginx.conf"),
            """
            daemon off;
            master_process off;
            pid nginx.pid;
            events {}
            http {
              access_log off;
              client_body_temp_path body;
              proxy_temp_path proxy;
              fastcgi_temp_path fastcgi;
              uwsgi_temp_path uwsgi;
              scgi_temp_path scgi;
              server {
                listen 127.0.0.1:%d %s;
                root html;
                %s
              }
            }
            """
                .formatted(port, listen, server));
    ProcessBuilder builder =
        new ProcessBuilder(
                "nginx",
                "-p",
                folder.toString(),
                "-c",
                configuration.toString(),
                "-e",
                log.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile());
    builder.environment().merge("PATH", ":/usr/sbin", String::concat);
    process = builder.start();
    HttpNode.await("nginx listens: " + log(), () -> listens() || !process.isAlive());
    if (!process.isAlive()) {
      throw new AssertionError(Files.readString(folder.resolve("output")) + log());
    }
  }

  private boolean listens() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  private String log() throws IOException {
    return Files.exists(log) ? Files.readString(log) : "";
  }

  public OutboundTarget target() {
    return new OutboundTarget("127.0.0.1", port);
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    try {
      if (!process.waitFor(HttpNode.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError("nginx does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
