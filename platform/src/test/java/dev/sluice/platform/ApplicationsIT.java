// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.platform.Distribution.Run;
import dev.sluice.platform.plugin.PluginJars;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Applications dropped in beside the plug-ins of the distribution. */
class ApplicationsIT {

  @TempDir Path folder;

  @Test
  void aJarDroppedInAnswersWhereItIsNamed() throws Exception {
    Path plugins = Files.createDirectory(folder.resolve("plugins"));
    try (var jars = Files.newDirectoryStream(Distribution.HOME.resolve("plugins"), "*.jar")) {
      for (Path jar : jars) {
        Files.copy(jar, plugins.resolve(jar.getFileName()));
      }
    }
    PluginJars.jar("greeter.jar").handler("p.Greeter", "greeter", "/hello").writeTo(plugins);
    Path config =
        Files.writeString(
            folder.resolve("node.yaml"),
            """
            network:
              rpc_interfaces:
                open: { bind_address: 127.0.0.1:0, app_protocol: HTTP1 }
                closed: { bind_address: 127.0.0.1:0, app_protocol: HTTP1, handlers: [] }
            plugins_dir: plugins
            """);
    try (Run run = Distribution.start(folder, "run", "-c", config.toString())) {
      String open = run.awaitOut("open +tcp +(\\S+) ");
      String closed = run.awaitOut("closed +tcp +(\\S+) ");
      try (Client client = Client.plain(Client.loopback(open))) {
        assertThat(client.get("/hello")).isEqualTo("HTTP/1.1 200 OK");
        client.say("GET /hello/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r");
        assertThat(client.hearAll()).endsWith("greeter started in greeter.jar");
      }
      try (Client client = Client.plain(Client.loopback(closed))) {
        assertThat(client.get("/hello")).isEqualTo("HTTP/1.1 404 Not Found");
        assertThat(client.get("/")).isEqualTo("HTTP/1.1 200 OK");
      }
      run.signal("TERM");
      assertThat(run.awaitEnd()).isEqualTo(143);
    }
  }
}
