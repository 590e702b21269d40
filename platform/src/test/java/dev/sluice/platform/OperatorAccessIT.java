// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.platform.Ask.Answer;
import dev.sluice.platform.config.ConfigurationException;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may ask the operator's handler for what. */
class OperatorAccessIT {

  @TempDir Path folder;
  private NodeHouse house;

  @BeforeEach
  void copyPlugins() throws IOException {
    house = new NodeHouse(folder);
    OperatorIT.copyPlugins(house.plugins());
  }

  @AfterEach
  void close() {
    house.close();
  }

  private Node start() {
    return house.serve("operator", "HTTP1", "handlers: [node]").start();
  }

  @Test
  void aForeignPageAndAForeignNameAreRefused() throws Exception {
    Node node = start();
    InetSocketAddress at = OperatorIT.operator(node);
    // What a form or a script of another site can send.
    for (String type : List.of("text/plain", "application/x-www-form-urlencoded")) {
      Answer posted =
          Ask.change(at, "POST", "/node/drain")
              .without("Sluice-Operator")
              .with("Origin", "http://evil.example")
              .with("Content-Type", type)
              .body("a=b")
              .answer();
      assertThat(posted.status()).isEqualTo(403);
      assertThat(posted.json().get("code").asText()).isEqualTo("operator_header_missing");
    }
    // Its question whether it may send the header gets no consent.
    Answer preflight =
        Ask.change(at, "OPTIONS", "/node/drain")
            .with("Origin", "http://evil.example")
            .with("Access-Control-Request-Method", "POST")
            .with("Access-Control-Request-Headers", "sluice-operator")
            .answer();
    assertThat(preflight.fields().keySet()).noneMatch(name -> name.startsWith("access-control"));
    // A name of theirs that resolves to us.
    for (Ask asked :
        List.of(
            Ask.change(at, "POST", "/node/drain"),
            Ask.change(at, "DELETE", "/node/connections/1"),
            Ask.get(at, "/node/connections"),
            Ask.get(at, "/node/events"),
            Ask.get(at, "/node/"))) {
      Answer answer = asked.with("Host", "evil.example:" + at.getPort()).answer();
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.json().get("code").asText()).isEqualTo("host_not_allowed");
    }
    assertThat(Ask.get(at, "/node/health/ready").with("Host", "pod.cluster").answer().status())
        .isEqualTo(200);
    for (String ours : List.of("localhost", "LOCALHOST:1", "[::1]:80", "10.1.2.3")) {
      assertThat(Ask.get(at, "/node/connections").with("Host", ours).answer().status())
          .as(ours)
          .isEqualTo(200);
    }
    assertThat(node.ready()).isTrue();
    assertThat(node.metrics().get("operator").snapshot().counters().get("operator_refused"))
        .isEqualTo(7);
  }

  @Test
  void namesOfTheConfigurationAreOurs() throws Exception {
    house.set("operator: { allowed_hosts: [Node-1.example.org] }");
    Node node = start();
    assertThat(
            Ask.get(OperatorIT.operator(node), "/node/connections")
                .with("Host", "node-1.example.ORG:8081")
                .answer()
                .status())
        .isEqualTo(200);
  }

  @Test
  void onlyClientsThatAreNamedAreAnswered() throws Exception {
    X509Bundle authority = IssuedCertificates.authority("Authority", null);
    X509Bundle service = IssuedCertificates.issued(authority, "localhost");
    Files.writeString(folder.resolve("ca.pem"), authority.getCertificatePathPEM());
    Files.writeString(folder.resolve("cert.pem"), IssuedCertificates.chain(service));
    Files.writeString(folder.resolve("key.pem"), service.getPrivateKeyPEM());
    house
        .set("certificates: { service: { cert_file: cert.pem, key_file: key.pem } }")
        .set("operator: { allowed_clients: [CN=anna] }")
        .serve(
            "operator",
            "HTTP1",
            "handlers: [node]",
            "endorsement: { authority: service }",
            "client_authentication: require",
            "trusted_ca_file: ca.pem");
    Node node = house.start();

    for (String path : List.of("/node/", "/node/health/ready", "/node/connections")) {
      assertThat(askAs(node, IssuedCertificates.issued(authority, "anna"), path).status())
          .isEqualTo(200);
      Answer refused = askAs(node, IssuedCertificates.issued(authority, "bob"), path);
      assertThat(refused.status()).isEqualTo(403);
      assertThat(refused.json().get("code").asText()).isEqualTo("client_not_allowed");
    }
  }

  private static Answer askAs(Node node, X509Bundle client, String path) throws Exception {
    InetSocketAddress at = OperatorIT.operator(node);
    try (Socket socket =
        Client.showing(client).getSocketFactory().createSocket(at.getAddress(), at.getPort())) {
      socket.setSoTimeout((int) Waiting.PATIENCE.toMillis());
      return Ask.get(at, path).answer(socket);
    }
  }

  @Test
  void namesOfClientsNeedAnInterfaceThatVerifiesThem() {
    house
        .set("operator: { allowed_clients: [CN=anna] }")
        .serve("operator", "HTTP1", "handlers: [node]");
    assertThatThrownBy(house::plan)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(
            "network.rpc_interfaces.operator.client_authentication: found 'request'")
        .hasMessageContaining("operator.allowed_clients");
  }
}
