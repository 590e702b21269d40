// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The node, from its unpacked distribution, with one protocol of the plug-in on one interface: the
 * same echo as {@link NettyContender}, but through everything that the platform carries.
 *
 * <p>The budgets and deadlines stay at their defaults, except those that would end the run: what is
 * measured is the node as operators run it.
 */
record SluiceContender(
    String name,
    Path home,
    Path plugin,
    @Nullable Path redis,
    String protocol,
    String protocolConfig)
    implements Contender {

  private static final long START_MILLIS = 30_000;
  private static final long POLL_MILLIS = 50;
  private static final String INTERFACE = "bench";

  /** In the addresses file, which has each interface's name with its {@code host:port}. */
  private static final Pattern ADDRESS =
      Pattern.compile("\"" + INTERFACE + "\"\\s*:\\s*\"[^\"]*:(\\d+)\"");

  @Override
  public Server start(Work work, Bench bench) throws IOException, InterruptedException {
    Path addresses = bench.directory().resolve(name + "-addresses.json");
    Files.deleteIfExists(addresses);
    Path plugins = Files.createDirectories(bench.directory().resolve(name + "-plugins"));
    Files.copy(
        measured(work), plugins.resolve("measured.jar"), StandardCopyOption.REPLACE_EXISTING);
    // An application reaches requests by the protocols of the distribution.
    shipped("http1", plugins);
    shipped("datagram", plugins);
    if (!shipped("http2", plugins) && (work.http2() || (work.tool() != null && !work.redis()))) {
      throw new IOException(
          "the node in " + home + " has no HTTP2, which " + work.label() + " needs");
    }
    Path configuration = bench.directory().resolve(name + ".yaml");
    Files.writeString(configuration, configuration(work, bench, addresses, plugins));
    List<String> command =
        List.of(home.resolve("bin/sluice").toString(), "run", "--config", configuration.toString());
    Process process =
        bench.startServer(
            name,
            work,
            command,
            ProcessBuilder.Redirect.appendTo(bench.directory().resolve(name + ".log").toFile()));
    try {
      return Server.listening(name, process, awaitPort(process, addresses));
    } catch (IOException | InterruptedException e) {
      Bench.kill(process);
      throw e;
    }
  }

  private Path measured(Work work) throws IOException {
    if (!work.redis()) {
      return plugin;
    }
    if (redis == null) {
      throw new IOException("no jar of examples/redis, which " + work.label() + " needs");
    }
    return redis;
  }

  /** False where the distribution has none; then one of another distribution is gone too. */
  private boolean shipped(String protocol, Path plugins) throws IOException {
    Path copy = plugins.resolve(protocol + ".jar");
    Files.deleteIfExists(copy);
    try (DirectoryStream<Path> jars =
        Files.newDirectoryStream(
            home.resolve("plugins"), "sluice-protocol-" + protocol + "-*.jar")) {
      for (Path jar : jars) {
        Files.copy(jar, copy, StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return Files.exists(copy);
  }

  private String appProtocol(Work work) {
    if (work.datagrams()) {
      return "ECHO";
    }
    if (work.redis()) {
      return "REDIS";
    }
    if (work.tool() != null) {
      return "[HTTP2, HTTP1]"; // As operators have it.
    }
    if (work.http2()) {
      return "HTTP2";
    }
    return work.http() ? "HTTP1" : protocol;
  }

  private String configuration(Work work, Bench bench, Path addresses, Path plugins) {
    return """
    network:
      rpc_interfaces:
        %s:
          bind_address: 127.0.0.1:0
          protocol: %s
          app_protocol: %s
          protocol_config: %s
          endorsement: { authority: %s }
          client_authentication: none
          max_open_sessions_soft: 15000
          max_open_sessions_hard: 15010
          listen_backlog: %d
          # As far ahead as the peers let a client send.
          http_configuration: { initial_window_size: 1MB }
    certificates:
      bench:
        cert_file: %s
        key_file: %s
    event_loop_threads: 1
    idle_connection_timeout: 600s
    rpc_addresses_file: %s
    plugins_dir: %s
    """
        .formatted(
            INTERFACE,
            work.datagrams() ? "udp" : "tcp",
            appProtocol(work),
            protocolConfig,
            work.secure() ? "bench" : "unsecured",
            NettyEchoServer.BACKLOG,
            quoted(bench.certificate().chain()),
            quoted(bench.certificate().key()),
            quoted(addresses),
            quoted(plugins));
  }

  private static String quoted(Path path) {
    return "'" + path.toString().replace("'", "''") + "'";
  }

  private int awaitPort(Process process, Path addresses) throws IOException, InterruptedException {
    for (long waited = 0; waited < START_MILLIS; waited += POLL_MILLIS) {
      if (!process.isAlive()) {
        throw new IOException(name + " ended with status " + process.exitValue() + ", see its log");
      }
      if (Files.exists(addresses)) {
        Matcher address = ADDRESS.matcher(Files.readString(addresses));
        if (address.find()) {
          return Integer.parseInt(address.group(1));
        }
      }
      Thread.sleep(POLL_MILLIS);
    }
    throw new IOException(name + " did not write its addresses in time, see its log");
  }
}
