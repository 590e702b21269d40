// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.platform.config.ConfigurationLoader;
import dev.sluice.platform.config.LoadedConfiguration;
import dev.sluice.session.bridge.Connections;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.slf4j.LoggerFactory;

/** A folder that a node can be started from, the node, and what must be gone after its end. */
final class NodeHouse implements AutoCloseable {

  static final String FILE = "node.yaml";

  final Path folder;
  final ProbePlugin probe = new ProbePlugin();
  private final StringBuilder interfaces = new StringBuilder();
  private final StringBuilder settings = new StringBuilder();
  private final Set<Thread> threadsBefore = sluiceThreads();
  private final Logger logger = (Logger) LoggerFactory.getLogger(Node.class);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final List<Node> nodes = new ArrayList<>();

  NodeHouse(Path folder) {
    this.folder = folder;
    try {
      Files.createDirectories(plugins());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    log.start();
    logger.addAppender(log);
  }

  Path plugins() {
    return folder.resolve("plugins");
  }

  /** Drops a jar of the probe in, named after its protocol. */
  NodeHouse plugin(String protocol, String... more) {
    probe.writeTo(plugins(), protocol.toLowerCase(Locale.ROOT) + ".jar", protocol, more);
    return this;
  }

  /** A plaintext interface on a port that the system chooses, unless further lines say else. */
  NodeHouse serve(String name, String protocol, String... more) {
    return serveAt("127.0.0.1:0", name, protocol, more);
  }

  NodeHouse serveAt(String address, String name, String protocol, String... more) {
    interfaces.append("    ").append(name).append(":\n");
    line("bind_address: \"" + address + "\"");
    line("app_protocol: " + protocol);
    for (String each : more) {
      line(each);
    }
    return this;
  }

  private void line(String text) {
    interfaces.append("      ").append(text).append('\n');
  }

  /** A key of the node itself. */
  NodeHouse set(String line) {
    settings.append(line).append('\n');
    return this;
  }

  /** Makes a certificate and names it {@code service}. */
  DevelopmentCertificate certificate() throws IOException {
    DevelopmentCertificate made =
        DevelopmentCertificate.create(List.of("localhost", "127.0.0.1"), Duration.ofDays(1));
    Files.writeString(folder.resolve("cert.pem"), made.certificatePem());
    Files.writeString(folder.resolve("key.pem"), made.privateKeyPem());
    set("certificates: { service: { cert_file: cert.pem, key_file: key.pem } }");
    return made;
  }

  /** The certificate {@code service} from files that may be absent, looked at often. */
  NodeHouse certificateFiles(String cert, String key) {
    set("certificates: { service: { cert_file: " + cert + ", key_file: " + key + " } }");
    return set("certificate_check_interval: 50ms");
  }

  LoadedConfiguration configuration() {
    return configuration(
        "network:\n  rpc_interfaces:\n"
            + interfaces
            + settings
            + "plugins_dir: plugins\nevent_loop_threads: 2\nworker_threads: 4\n");
  }

  LoadedConfiguration configuration(String text) {
    return ConfigurationLoader.parse(FILE, text, folder, List.of());
  }

  NodePlan plan() {
    return NodePlan.of(configuration());
  }

  Node start() {
    return start(plan());
  }

  Node start(NodePlan plan) {
    Node node = Node.start(plan);
    nodes.add(node);
    return node;
  }

  /** Ends it, for tests that want it to be collected. */
  void end(Node node) {
    node.stop();
    awaitNothingLeft(node);
    nodes.remove(node);
  }

  /** Behind its end: where the last session ends late, so does what is kept of it. */
  private static void awaitNothingLeft(Node node) {
    Connections connections = node.manager().transport().connections();
    Waiting.until(
        "nothing stays: " + connections.remains(),
        () -> connections.remains().equals(Connections.Remains.NOTHING));
  }

  /** What the node's life was logged as; one string an event, with its level. */
  List<String> log() {
    return List.copyOf(log.list).stream()
        .map(event -> event.getLevel() + " " + event.getFormattedMessage())
        .toList();
  }

  static Set<Thread> sluiceThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.isAlive() && thread.getName().startsWith("sluice-"))
        .collect(Collectors.toSet());
  }

  /** A thread that has said that it ends may still be at it. */
  void awaitNoThread() {
    Waiting.until(
        "no thread of the node is left",
        () -> {
          Set<Thread> now = sluiceThreads();
          now.removeAll(threadsBefore);
          return now.isEmpty();
        });
  }

  /** Below those that the system gives away, so that nobody else gets it before it is used. */
  static int freePort() throws IOException {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(20_000, 32_768);
      try {
        assertFree(port);
        return port;
      } catch (BindException inUse) {
        // Another, then.
      }
    }
  }

  /** A port in use by somebody else. */
  static ServerSocket taken() throws IOException {
    return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  static void assertFree(int port) throws IOException {
    new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
  }

  static void assertFree(InetSocketAddress address) throws IOException {
    assertFree(address.getPort());
  }

  /** Ends what a test left, and looks whether anything stays. */
  @Override
  public void close() {
    probe.close();
    nodes.forEach(Node::stop);
    nodes.forEach(NodeHouse::awaitNothingLeft);
    logger.detachAppender(log);
    awaitNoThread();
    assertThat(probe.events()).noneMatch(event -> event.contains("foreign"));
  }
}
