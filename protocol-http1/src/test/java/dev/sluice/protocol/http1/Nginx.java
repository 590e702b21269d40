// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.outbound.OutboundTarget;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The {@code nginx} of the machine, on a port of its own, serving a folder of its own. */
public final class Nginx implements AutoCloseable {

  private final ToolServer process;
  private final int port;

  /** Whether there is one. */
  public static boolean isInstalled() {
    return ToolServer.isInstalled("nginx");
  }

  /**
   * Starts it.
   *
   * @param folder for all of its files; pages are in {@code html} below it
   * @param listen behind the address, such as {@code ssl http2}
   * @param server further directives of its server
   */
  public Nginx(Path folder, String listen, String server) throws Exception {
    port = ToolServer.freePort();
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
    process =
        new ToolServer(
            port,
            folder.resolve("output"),
            List.of(
                "nginx", "-p", folder.toString(), "-c", configuration.toString(), "-e", "stderr"));
  }

  public OutboundTarget target() {
    return new OutboundTarget("127.0.0.1", port);
  }

  @Override
  public void close() {
    process.close();
  }
}
