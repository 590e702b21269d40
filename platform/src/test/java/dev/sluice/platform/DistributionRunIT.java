// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.platform.Distribution.Run;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node as an operator runs it: from the unpacked distribution, in a process of its own. */
class DistributionRunIT {

  private static final String BIND = "--set=network.rpc_interfaces.lines.bind_address=";

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
      InetSocketAddress address = Client.loopback(run.awaitOut("lines +tls +(\\S+) +LINE_ECHO"));
      try (Client client = Client.tls(address, Client.trustingAnybody())) {
        assertThat(client.ask("hello")).isEqualTo("hello");
        System.out.printf(
            "from the start of the process to the first echo through TLS: %d ms%n",
            (System.nanoTime() - begin) / 1_000_000);
        for (int i = 0; i < 100; i++) {
          assertThat(client.ask("line " + i)).isEqualTo("line " + i);
        }
      }
      String shown = "127.0.0.1:" + address.getPort();
      assertThat(run.awaitOut("  openssl s_client -quiet -connect (\\S+)")).isEqualTo(shown);
      assertThat(read(addresses)).isEqualTo(Map.of("lines", shown));
      assertThat(files(temporary)).isEmpty();

      run.signal("TERM");

      assertThat(run.awaitEnd()).isEqualTo(143);
      assertThat(run.out().lines().findFirst().orElseThrow()).matches("sluice \\S+ serves");
      assertThat(run.err().lines())
          .satisfiesExactly(
              line -> assertThat(line).contains("INFO").endsWith("lines listens on " + shown),
              line -> assertThat(line).contains("INFO").contains("stopped; 0 connections"));
    }
    assertThat(files(temporary)).isEmpty();
    assertThat(files(folder)).containsExactly("addresses.json", "tmp");
  }

  @Test
  void ctrlCEndsItTooAndClosesItsConnections() throws Exception {
    try (Run run = embedded()) {
      InetSocketAddress address = Client.loopback(run.awaitOut("lines +tls +(\\S+) +LINE_ECHO"));
      assumeThat(run.ignoresInterrupt())
          .as("the tests were started by something that ignores Ctrl-C")
          .isFalse();
      try (Client client = Client.tls(address, Client.trustingAnybody())) {
        assertThat(client.ask("hello")).isEqualTo("hello");

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
      String line = "openssl s_client " + run.awaitOut("  openssl s_client (.*)\n");
      Run openssl;
      try {
        openssl = Distribution.run(folder, Map.of(), List.of(line.split(" ")));
      } catch (IOException e) {
        System.err.println("NOT TESTED with openssl, which is not on this machine: " + e);
        assumeThat(false).as("openssl is there").isTrue();
        return;
      }
      try (openssl) {
        openssl.type("hello from openssl");
        openssl.awaitOut("(?m)^(hello from openssl)$");
        openssl.type("and again");
        openssl.awaitOut("(?m)^(and again)$");
        run.signal("TERM");
        openssl.awaitEnd();
      }
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
      try (Run run = Distribution.start(folder, "run", BIND + "127.0.0.1:" + port)) {
        InetSocketAddress address = Client.loopback(run.awaitOut("lines +tls +(\\S+) +LINE_ECHO"));
        try (Client client = Client.tls(address, Client.trustingAnybody())) {
          assertThat(client.ask("hello")).isEqualTo("hello");
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
      Run run = Distribution.end(folder, "run", BIND + address);

      assertThat(run.status()).isEqualTo(1);
      assertThat(run.err())
          .isEqualTo(
              "sluice: interface lines: can't bind " + address + ": Address already in use\n");
      assertThat(run.out()).isEmpty();
    }
  }

  @Test
  void relativePathsGivenToTheEmbeddedDefaultStartWhereItWasStarted() throws Exception {
    try (Run run =
        Distribution.start(
            folder, "run", BIND + "127.0.0.1:0", "--set=rpc_addresses_file=here.json")) {
      String address = run.awaitOut("lines +tls +(\\S+) +LINE_ECHO");
      assertThat(read(folder.resolve("here.json"))).isEqualTo(Map.of("lines", address));
    }
  }

  private Run embedded() throws IOException {
    return Distribution.start(
        folder,
        Map.of("JAVA_OPTS", "-Djava.io.tmpdir=" + temporary),
        "run",
        BIND + "127.0.0.1:0",
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
