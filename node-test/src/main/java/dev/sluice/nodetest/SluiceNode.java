// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.platform.Node;
import dev.sluice.session.bridge.CloseRecord;
import dev.sluice.session.bridge.CloseRecords;
import dev.sluice.session.bridge.Connections;
import dev.sluice.session.bridge.EndpointMetrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real node in a test, on loopback and on ports that the system chooses. It serves one protocol
 * or one application, plain, and over TLS and datagrams where that is asked for:
 *
 * <pre>{@code
 * @RegisterExtension
 * static final SluiceNode node = SluiceNode.with(new Shout()).settings("max_line_length: 8KB").tls();
 *
 * @Test
 * void aLineComesBackInCapitals() throws Exception {
 *   try (Socket socket = node.connectTls()) {
 *     socket.getOutputStream().write("hello\n".getBytes(US_ASCII));
 *     assertEquals('H', socket.getInputStream().read());
 *   }
 * }
 * }</pre>
 *
 * <p>In a static field it runs for the class, in another one for each test. Its end fails the test
 * if anything is left behind it: a connection, a place under a cap, bytes in a budget, a buffer
 * that was not released, with the lines that kept it. Several may run at the same time. Without
 * JUnit, {@link #start} and {@link #close} do the same.
 *
 * <p>What is set comes before the start and belongs to one thread; all else may be called from any
 * thread while the node runs.
 */
public final class SluiceNode
    implements BeforeAllCallback,
        AfterAllCallback,
        BeforeEachCallback,
        AfterEachCallback,
        AutoCloseable {

  /** What the certificate of the test's client calls it. */
  public static final String CLIENT_NAME = "client.test";

  private final Subject subject;
  private final NodeText text = new NodeText();
  private volatile @Nullable RunningNode running;
  private boolean forTheClass;

  private SluiceNode(Subject subject) {
    this.subject = subject;
  }

  /**
   * A node with a protocol of the test's class path.
   *
   * @param protocol on all its carriers; for one node at a time, which starts and stops it
   * @return not started
   */
  public static SluiceNode with(CustomProtocolSubsystem protocol) {
    return new SluiceNode(new Subject.OfProtocol(protocol));
  }

  /**
   * A node with an application of the test's class path, which HTTP/2 and HTTP/1.1 serve.
   *
   * @param application for one node at a time, which starts and stops it
   * @return not started
   */
  public static SluiceNode with(RpcHandler application) {
    return new SluiceNode(new Subject.OfApplication(application));
  }

  /**
   * A node with a plug-in's jar, loaded as a node in production loads it: what the jar lacks is
   * missing here, too.
   *
   * @param jar its first protocol is served, or where it has none its first application
   * @return not started
   */
  public static SluiceNode withJar(Path jar) {
    return new SluiceNode(new Subject.OfJar(jar));
  }

  /**
   * {@link #withJar} with the jar that Maven has packaged: the one in {@code target} that is
   * neither sources, Javadoc nor tests. For tests of the {@code integration-test} phase.
   *
   * @return not started
   * @throws IllegalStateException if there is none, or more than one
   */
  public static SluiceNode withPackagedJar() {
    return withJar(packagedJar(Path.of("target")));
  }

  static Path packagedJar(Path target) {
    List<Path> jars = List.of();
    if (Files.isDirectory(target)) {
      try (Stream<Path> files = Files.list(target)) {
        jars = files.filter(SluiceNode::isPackagedJar).toList();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    if (jars.size() != 1) {
      throw new IllegalStateException(
          "one jar is wanted in "
              + target.toAbsolutePath()
              + ", but there "
              + (jars.isEmpty() ? "is none: run mvn package" : "are " + jars));
    }
    return jars.get(0);
  }

  private static boolean isPackagedJar(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.endsWith(".jar")
        && !name.startsWith("original-")
        && Stream.of("-sources.jar", "-javadoc.jar", "-tests.jar").noneMatch(name::endsWith);
  }

  /**
   * Sets the protocol's {@code protocol_config}, or the application's section.
   *
   * @param yaml as it would stand there, without indent
   * @return this
   */
  public SluiceNode settings(String yaml) {
    text.settings(yaml);
    return this;
  }

  /**
   * Sets keys of every interface, such as {@code max_open_sessions_hard: 10}.
   *
   * @param yaml as it would stand there, without indent
   * @return this
   */
  public SluiceNode interfaceSettings(String yaml) {
    text.interfaceSettings(yaml);
    return this;
  }

  /**
   * Sets keys of the node, such as {@code request_timeout: 1s}.
   *
   * @param yaml as it would stand in the file
   * @return this
   */
  public SluiceNode nodeSettings(String yaml) {
    text.nodeSettings(yaml);
    return this;
  }

  /**
   * Serves over TLS, too.
   *
   * @return this
   */
  public SluiceNode tls() {
    text.stream(NodeText.TLS);
    return this;
  }

  /**
   * Serves over TLS to clients with a certificate, too.
   *
   * @return this
   */
  public SluiceNode mutualTls() {
    text.stream(NodeText.MUTUAL_TLS);
    return this;
  }

  /**
   * Starts the node. JUnit does it where this is an extension.
   *
   * @return this; {@link #close} ends it
   * @throws RuntimeException if it can't start; nothing of it is left then
   */
  public SluiceNode start() {
    if (running != null) {
      throw new IllegalStateException("this node runs already");
    }
    running = RunningNode.start(subject, text);
    return this;
  }

  /**
   * Ends the node and looks whether anything is left behind it. Connections that are open are asked
   * to end, and after {@code drain_timeout} (2s unless set) aborted. Does nothing where it does not
   * run.
   *
   * @throws AssertionError if something is left, with what it is
   */
  @Override
  public void close() {
    RunningNode ending = running;
    running = null;
    if (ending != null) {
      ending.close();
    }
  }

  /**
   * The node itself.
   *
   * @return runs
   */
  public Node node() {
    return running().node();
  }

  /**
   * Where it listens without TLS.
   *
   * @return on loopback
   */
  public InetSocketAddress plainAddress() {
    return address(NodeText.PLAIN, "the protocol is for datagrams alone");
  }

  /**
   * Where it listens with TLS.
   *
   * @return on loopback
   */
  public InetSocketAddress tlsAddress() {
    return address(NodeText.TLS, "call tls() before the start");
  }

  /**
   * Where it listens with TLS and asks clients for a certificate.
   *
   * @return on loopback
   */
  public InetSocketAddress mutualTlsAddress() {
    return address(NodeText.MUTUAL_TLS, "call mutualTls() before the start");
  }

  /**
   * Where it takes datagrams.
   *
   * @return on loopback
   */
  public InetSocketAddress udpAddress() {
    return address(NodeText.UDP, "the protocol is not for datagrams");
  }

  private InetSocketAddress address(String carrier, String whyNot) {
    InetSocketAddress address = node().addresses().get(carrier);
    if (address == null) {
      throw new IllegalStateException("there is no such address: " + whyNot);
    }
    return address;
  }

  /**
   * A URI of the interface without TLS.
   *
   * @param path begins with a slash
   * @return {@code http://…}
   */
  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + plainAddress().getPort() + path);
  }

  /**
   * A URI of the interface with TLS.
   *
   * @param path begins with a slash
   * @return {@code https://…}
   */
  public URI tlsUri(String path) {
    return URI.create("https://localhost:" + tlsAddress().getPort() + path);
  }

  /**
   * Connects without TLS.
   *
   * @return the caller's to close; a read from it waits 10 s at most
   * @throws IOException if the node does not accept
   */
  public Socket connect() throws IOException {
    return limited(new Socket(plainAddress().getAddress(), plainAddress().getPort()));
  }

  /**
   * Connects with TLS, trusts the node's certificate and shows none.
   *
   * @return the caller's to close, its handshake done; a read from it waits 10 s at most
   * @throws IOException if the node does not accept, or the handshake fails
   */
  public SSLSocket connectTls() throws IOException {
    return connect(trustingContext(), tlsAddress());
  }

  /**
   * Connects with TLS and shows the certificate of {@link #CLIENT_NAME}, which the node trusts.
   *
   * @return the caller's to close, its handshake done; a read from it waits 10 s at most
   * @throws IOException if the node does not accept, or the handshake fails
   */
  public SSLSocket connectMutualTls() throws IOException {
    return connect(identifiedContext(), mutualTlsAddress());
  }

  private static SSLSocket connect(SSLContext context, InetSocketAddress address)
      throws IOException {
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket("localhost", address.getPort());
    limited(socket);
    socket.startHandshake();
    return socket;
  }

  private static Socket limited(Socket socket) throws IOException {
    socket.setSoTimeout((int) RunningNode.PATIENCE.toMillis());
    return socket;
  }

  /**
   * For clients of the test's own, such as Java's for HTTP: trusts this node alone.
   *
   * @return shows no certificate
   */
  public SSLContext trustingContext() {
    return running().certificates().trusting();
  }

  /**
   * Trusts this node alone, and shows the certificate of {@link #CLIENT_NAME} where it is asked.
   *
   * @return for {@link #mutualTlsAddress}
   */
  public SSLContext identifiedContext() {
    return running().certificates().identified();
  }

  /**
   * The node's certificate, for {@code curl --cacert}.
   *
   * @return a PEM file that is gone with the node
   */
  public Path certificateFile() {
    return running().certificates().file(TestCertificates.NODE);
  }

  /**
   * The certificate of {@link #CLIENT_NAME}, for {@code curl --cert}.
   *
   * @return a PEM file that is gone with the node
   */
  public Path clientCertificateFile() {
    return running().certificates().file(TestCertificates.CLIENT);
  }

  /**
   * The key of {@link #clientCertificateFile}.
   *
   * @return a PEM file that is gone with the node
   */
  public Path clientKeyFile() {
    return running().certificates().file(TestCertificates.CLIENT_KEY);
  }

  /**
   * Waits until no connection is open, each session has heard of its end, and all of it is written
   * down.
   *
   * @return why each was closed, the newest first
   * @throws AssertionError if one is still open after 10 s
   */
  public List<CloseRecord> awaitClosed() {
    if (!RunningNode.await(this::allClosed)) {
      throw new AssertionError("still open after 10 s: " + node().connections().remains());
    }
    return closeRecords();
  }

  /** A record is written behind the place that a connection had. */
  private boolean allClosed() {
    Connections connections = node().connections();
    long accepted =
        node().metrics().values().stream().mapToLong(each -> each.snapshot().accepted()).sum();
    CloseRecords records = connections.closeRecords();
    long total = records.total();
    return connections.remains().connections() == 0
        && total >= accepted
        && closeRecords().size() >= Math.min(total, records.capacity());
  }

  /**
   * Why connections were closed or refused since the start.
   *
   * @return the newest first; at most so many as {@code close_records} keeps
   */
  public List<CloseRecord> closeRecords() {
    CloseRecords records = node().connections().closeRecords();
    return records.latest(Math.max(1, records.capacity()));
  }

  /**
   * What the protocol or the application has counted by {@code SessionContext.count}.
   *
   * @param name of the counter
   * @return on all interfaces; 0 where it never was
   */
  public long counter(String name) {
    return node().metrics().values().stream()
        .mapToLong(metrics -> metrics.snapshot().counters().getOrDefault(name, 0L))
        .sum();
  }

  /**
   * What the node has counted.
   *
   * @param interfaceName {@code plain}, {@code tls}, {@code mutual_tls} or {@code udp}
   * @return as of now
   * @throws IllegalArgumentException if there is no such interface
   */
  public EndpointMetrics.Snapshot figures(String interfaceName) {
    EndpointMetrics metrics = node().metrics().get(interfaceName);
    if (metrics == null) {
      throw new IllegalArgumentException(
          "no interface " + interfaceName + ", there are " + node().metrics().keySet());
    }
    return metrics.snapshot();
  }

  private RunningNode running() {
    RunningNode now = running;
    if (now == null) {
      throw new IllegalStateException("the node does not run: @RegisterExtension, or start()");
    }
    return now;
  }

  /** For JUnit: a node in a static field runs for its class. */
  @Override
  public void beforeAll(ExtensionContext context) {
    start();
    forTheClass = true;
  }

  /** For JUnit. */
  @Override
  public void afterAll(ExtensionContext context) {
    close();
  }

  /** For JUnit: a node in another field runs for one test. */
  @Override
  public void beforeEach(ExtensionContext context) {
    if (!forTheClass) {
      start();
    }
  }

  /** For JUnit. */
  @Override
  public void afterEach(ExtensionContext context) {
    if (!forTheClass) {
      close();
    }
  }
}
