// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.platform.Distribution.Run;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node as an operator runs it: from the unpacked distribution, in a process of its own. */
class DistributionRunIT {

  private static final String BIND = "--set=network.rpc_interfaces.https.bind_address=";
  private static final String BIND_ECHO = "--set=network.rpc_interfaces.echo.bind_address=";
  private static final String BIND_PLAIN = "--set=network.rpc_interfaces.http.bind_address=";
  private static final String BIND_OPERATOR =
      "--set=network.rpc_interfaces.operator.bind_address=127.0.0.1:0";
  private static final String ANY = "127.0.0.1:0";
  private static final String SERVED = "HTTP/1.1 200 OK";

  @TempDir Path folder;
  private Path temporary;
  private Path addresses;

  @BeforeEach
  void makeFolders() throws IOException {
    temporary = Files.createDirectory(folder.resolve("tmp"));
    addresses = folder.resolve("addresses.json");
  }

  @Test
  void theEmbeddedDefaultServesSaysSoAndEndsOnSigterm() throws Exception {
    long begin = System.nanoTime();
    try (Run run = embedded()) {
      InetSocketAddress address = Client.loopback(run.awaitOut("https +tls +(\\S+) +HTTP2, HTTP1"));
      try (Client client = Client.tls(address, Client.trustingAnybody())) {
        assertThat(client.get("/")).isEqualTo(SERVED);
        System.out.printf(
            "from the start of the process to the first answer through TLS: %d ms%n",
            (System.nanoTime() - begin) / 1_000_000);
        for (int i = 0; i < 100; i++) {
          assertThat(client.get("/nothing/" + i)).isEqualTo("HTTP/1.1 404 Not Found");
        }
      }
      String shown = "127.0.0.1:" + address.getPort();
      String plain = run.awaitOut("http +tcp +(\\S+) +HTTP2, HTTP1");
      try (Client client = Client.plain(Client.loopback(plain))) {
        assertThat(client.get("/")).isEqualTo(SERVED);
      }
      String echo = run.awaitOut("echo +udp +(\\S+) +ECHO");
      assertEchoed(Client.loopback(echo));
      assertThat(run.awaitOut("  curl -k (\\S+)")).isEqualTo("https://" + shown + "/");
      String operator = run.awaitOut("operator +tcp +(\\S+) +HTTP1");
      assertThat(Ask.get(Client.loopback(operator), "/node/health/ready").answer().status())
          .isEqualTo(200);
      assertThat(run.awaitOut("  (http://\\S+/node/)")).isEqualTo("http://" + operator + "/node/");
      assertThat(read(addresses))
          .isEqualTo(Map.of("https", shown, "http", plain, "operator", operator, "echo", echo));
      assertThat(files(temporary)).isEmpty();

      run.signal("TERM");

      assertThat(run.awaitEnd()).isEqualTo(143);
      assertThat(run.out().lines().findFirst().orElseThrow()).matches("sluice \\S+ serves");
      assertThat(run.err().lines())
          .satisfiesExactly(
              line -> assertThat(line).contains("INFO").endsWith("https listens on " + shown),
              line -> assertThat(line).contains("INFO").endsWith("http listens on " + plain),
              line -> assertThat(line).contains("INFO").endsWith("operator listens on " + operator),
              line -> assertThat(line).contains("INFO").endsWith("echo listens on " + echo),
              line ->
                  assertThat(line)
                      .contains("INFO")
                      .contains("certificate development: serves generation 1"),
              line -> assertThat(line).contains("INFO").contains("stopped; 0 connections"));
    }
    assertThat(files(temporary)).isEmpty();
    assertThat(files(folder)).containsExactly("addresses.json", "tmp");
  }

  @Test
  void ctrlCEndsItTooAndClosesItsConnections() throws Exception {
    try (Run run = embedded()) {
      InetSocketAddress address = Client.loopback(run.awaitOut("https +tls +(\\S+) +HTTP2, HTTP1"));
      assumeThat(run.ignoresInterrupt())
          .as("the tests were started by something that ignores Ctrl-C")
          .isFalse();
      try (Client client = Client.tls(address, Client.trustingAnybody())) {
        assertThat(client.get("/")).isEqualTo(SERVED);

        run.signal("INT");

        assertThat(client.end()).isEqualTo("end of stream");
      }
      assertThat(run.awaitEnd()).isEqualTo(130);
      assertThat(run.err().lines()).filteredOn(line -> line.contains("stopped;")).hasSize(1);
    }
    assertThat(files(temporary)).isEmpty();
  }

  @Test
  void whatItSaysToTypeWorksAsItStands() throws Exception {
    try (Run run = embedded()) {
      String line = "curl " + run.awaitOut("  curl (.*)\n");
      try (Run curl = Distribution.run(folder, Map.of(), List.of(line.split(" ")))) {
        assertThat(curl.awaitEnd()).isZero();
        assertThat(curl.out()).contains("Sluice is running");
      } catch (IOException e) {
        System.err.println("NOT TESTED with curl, which is not on this machine: " + e);
        assumeThat(false).as("curl is there").isTrue();
      }
      run.signal("TERM");
      assertThat(run.awaitEnd()).isEqualTo(143);
    }
  }

  @Test
  void aCertificateMadeByTheCommandServesAClientThatTrustsIt() throws Exception {
    assertThat(Distribution.end(folder, "cert", "--out", "certs").status()).isZero();
    Path config =
        Files.writeString(
            folder.resolve("node.yaml"),
            """
            network:
              rpc_interfaces:
                secured:
                  bind_address: 127.0.0.1:0
                  app_protocol: LINE_ECHO
                  endorsement: { authority: service }
                  protocol_config: { max_line_length: 16B }
                plain:
                  bind_address: 127.0.0.1:0
                  app_protocol: LINE_ECHO
            certificates:
              service: { cert_file: certs/cert.pem, key_file: certs/key.pem }
            rpc_addresses_file: addresses.json
            """);
    try (Run run = Distribution.start(folder, "run", "-c", config.toString())) {
      run.awaitOut("plain +tcp +(\\S+) +LINE_ECHO +\\(sluice-line-echo-\\S+\\.jar\\)\n");
      assertThat(run.out()).doesNotContain("openssl");
      Map<String, String> read = read(addresses);
      X509Certificate certificate;
      try (var in = Files.newInputStream(folder.resolve("certs/cert.pem"))) {
        certificate =
            (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
      }
      try (Client secured =
              Client.tls(Client.loopback(read.get("secured")), Client.trusting(certificate));
          Client plain = Client.plain(Client.loopback(read.get("plain")))) {
        assertThat(secured.ask("hello")).isEqualTo("hello");
        assertThat(secured.ask("longer than sixteen")).isEqualTo("line too long");
        assertThat(plain.ask("longer than sixteen")).isEqualTo("longer than sixteen");
      }
      run.signal("TERM");
      assertThat(run.awaitEnd()).isEqualTo(143);
    }
  }

  @Test
  void aRestartFindsItsPortFree() throws Exception {
    int port = NodeHouse.freePort();
    for (int round = 0; round < 2; round++) {
      try (Run run =
          Distribution.start(
              folder,
              "run",
              BIND + "127.0.0.1:" + port,
              BIND_PLAIN + ANY,
              BIND_OPERATOR,
              BIND_ECHO + ANY)) {
        InetSocketAddress address =
            Client.loopback(run.awaitOut("https +tls +(\\S+) +HTTP2, HTTP1"));
        try (Client client = Client.tls(address, Client.trustingAnybody())) {
          assertThat(client.get("/")).isEqualTo(SERVED);
          // With a client connected, the node closes first, and its side of it lingers.
          run.signal("TERM");
          assertThat(client.end()).isEqualTo("end of stream");
        }
        assertThat(run.awaitEnd()).isEqualTo(143);
      }
    }
  }

  @Test
  void aPortInUseIsOneLineAndStatusOne() throws Exception {
    try (ServerSocket taken = NodeHouse.taken()) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      Run run =
          Distribution.end(
              folder, "run", BIND + address, BIND_PLAIN + ANY, BIND_OPERATOR, BIND_ECHO + ANY);

      assertThat(run.status()).isEqualTo(1);
      assertThat(run.err())
          .isEqualTo(
              "sluice: interface https: can't bind " + address + ": Address already in use\n");
      assertThat(run.out()).isEmpty();
    }
  }

  @Test
  void relativePathsGivenToTheEmbeddedDefaultStartWhereItWasStarted() throws Exception {
    try (Run run =
        Distribution.start(
            folder,
            "run",
            BIND + ANY,
            BIND_PLAIN + ANY,
            BIND_OPERATOR,
            BIND_ECHO + ANY,
            "--set=rpc_addresses_file=here.json")) {
      String address = run.awaitOut("https +tls +(\\S+) +HTTP2, HTTP1");
      assertThat(read(folder.resolve("here.json"))).containsEntry("https", address);
    }
  }

  private static void assertEchoed(InetSocketAddress address) throws IOException {
    byte[] sent = "a datagram".getBytes(StandardCharsets.US_ASCII);
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.setSoTimeout(10_000);
      socket.send(new DatagramPacket(sent, sent.length, address));
      DatagramPacket back = new DatagramPacket(new byte[100], 100);
      socket.receive(back);
      assertThat(Arrays.copyOf(back.getData(), back.getLength())).isEqualTo(sent);
    }
  }

  private Run embedded() throws IOException {
    return Distribution.start(
        folder,
        Map.of("JAVA_OPTS", "-Djava.io.tmpdir=" + temporary),
        "run",
        BIND + ANY,
        BIND_PLAIN + ANY,
        BIND_OPERATOR,
        BIND_ECHO + ANY,
        "--set",
        "rpc_addresses_file=" + addresses);
  }

  private static Map<String, String> read(Path file) throws IOException {
    return new ObjectMapper().readValue(file.toFile(), new TypeReference<>() {});
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}
