// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.platform.config.ConfigurationException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several protocols of several jars on one port: what can share it, and who is served by which. */
class NodeSharedPortTest {

  private static final String AT = "node.yaml:5: network.rpc_interfaces.one.app_protocol";
  private static final String TLS = "endorsement: { authority: service }";

  @TempDir Path folder;
  private NodeHouse house;

  @BeforeEach
  void build() {
    house = new NodeHouse(folder);
  }

  @AfterEach
  void close() {
    house.close();
  }

  private List<String> errors() {
    ConfigurationException thrown =
        catchThrowableOfType(ConfigurationException.class, () -> house.plan().close());
    return thrown == null ? List.of() : thrown.getMessage().lines().toList();
  }

  @Test
  void withoutTlsTheFirstBytesChooseAndEachHasItsSettings() throws Exception {
    Node node =
        house
            .plugin("FIRST", "detects=one ")
            .plugin("SECOND", "execution=EVENT_LOOP")
            .serve(
                "one",
                "[FIRST, SECOND]",
                "protocol_config:",
                "  FIRST: { mark: of the first }",
                "  SECOND: { mark: of the second }")
            .start();
    InetSocketAddress address = node.addresses().get("one");

    try (Client client = Client.plain(address)) {
      assertThat(client.ask("one more")).isEqualTo("one more");
      assertThat(client.ask("mark")).isEqualTo("of the first");
    }
    try (Client client = Client.plain(address)) {
      assertThat(client.ask("mark")).isEqualTo("of the second");
    }
    assertThat(house.probe.events())
        .contains("FIRST start", "SECOND start", "FIRST create", "SECOND create");
    assertThat(node.metrics().get("one").snapshot().protocols())
        .isEqualTo(Map.of("FIRST", 1L, "SECOND", 1L));
  }

  @Test
  void withTlsAlpnChoosesInTheOrderOfTheList() throws Exception {
    DevelopmentCertificate certificate = house.certificate();
    Node node =
        house
            .plugin("FIRST", "alpn=first/1")
            .plugin("SECOND", "alpn=second/1")
            .serve(
                "one",
                "[FIRST, SECOND]",
                TLS,
                "default_app_protocol: FIRST",
                "protocol_config: { FIRST: { mark: 1st }, SECOND: { mark: 2nd } }")
            .start();
    InetSocketAddress address = node.addresses().get("one");
    SSLContext trust = Client.trusting(certificate.certificate());

    try (Client both = Client.tls(address, trust, "localhost", "second/1", "first/1");
        Client one = Client.tls(address, trust, "localhost", "second/1");
        Client none = Client.tls(address, trust)) {
      assertThat(both.ask("mark")).isEqualTo("1st");
      assertThat(one.ask("mark")).isEqualTo("2nd");
      assertThat(none.ask("mark")).isEqualTo("1st");
    }
    assertThatThrownBy(() -> Client.tls(address, trust, "localhost", "third/1"))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("no_application_protocol");
  }

  @Test
  void aListIsSaidToThePersonWhoChecks() {
    house.plugin("FIRST", "detects=one").plugin("SECOND").serve("one", "[FIRST, SECOND]");

    try (NodePlan plan = house.plan()) {
      PlannedInterface planned = plan.interfaces().get(0);
      assertThat(planned.protocolNames()).isEqualTo("FIRST, SECOND");
      assertThat(planned.jars()).isEqualTo("first.jar, second.jar");
      assertThat(planned.options().protocols().fallback().name()).isEqualTo("SECOND");
    }
  }

  @Test
  void aNameThatIsNotThereIsNamedWithItsPlace() {
    house.plugin("FIRST", "detects=one").serve("one", "[FIRST, GOPHER]");

    assertThat(errors())
        .singleElement()
        .asString()
        .startsWith(AT + "[1]: no protocol is named 'GOPHER'; known in ");
  }

  @Test
  void withoutTlsEachButTheDefaultHasADetectorAndNoneSpeaksFirst() {
    house
        .plugin("DUMB", "alpn=d")
        .plugin("LOUD", "speaks=first", "detects=x")
        .plugin("PLAIN")
        .serve("one", "[DUMB, LOUD, PLAIN]")
        .serve("two", "[DUMB, LOUD]");

    assertThat(errors())
        .containsExactly(
            AT
                + "[0]: DUMB has no detector by which its clients could be known without TLS: it can"
                + " only be the default, see default_app_protocol",
            AT
                + "[1]: LOUD speaks first, so that it can't share a port without TLS, where the"
                + " client's first bytes decide",
            "node.yaml:8: network.rpc_interfaces.two.app_protocol[0]: DUMB has no detector by which"
                + " its clients could be known without TLS: it can only be the default, see"
                + " default_app_protocol",
            "node.yaml:8: network.rpc_interfaces.two.app_protocol[1]: LOUD speaks first, so that it"
                + " can't share a port without TLS, where the client's first bytes decide");
  }

  @Test
  void withTlsEachButTheDefaultHasNamesOfItsOwnAndWhoSpeaksFirstIsAskedFor() throws Exception {
    house.certificate();
    house
        .plugin("DUMB", "detects=x")
        .plugin("LOUD", "speaks=first", "alpn=loud")
        .plugin("SAME", "alpn=other,loud")
        .serve("one", "[DUMB, LOUD, SAME]", TLS)
        .serve("two", "[SAME, LOUD]", TLS)
        .serve("three", "[LOUD, DUMB]", TLS);

    assertThat(errors())
        .containsExactly(
            AT
                + "[0]: DUMB has no ALPN name by which a client could ask for it: it can only be the"
                + " default, see default_app_protocol",
            AT + "[2]: SAME has the ALPN name 'loud', as LOUD has: no client could ask for it",
            "node.yaml:9: network.rpc_interfaces.two.app_protocol[1]: LOUD has the ALPN name 'loud',"
                + " as SAME has: no client could ask for it",
            "node.yaml:9: network.rpc_interfaces.two.app_protocol[1]: LOUD speaks first, so that it"
                + " can't be the default, which serves clients that expect another protocol; see"
                + " default_app_protocol");
  }

  @Test
  void withoutTlsTheSameAlpnNamesDoNotMatter() {
    house
        .plugin("FIRST", "alpn=x", "detects=one")
        .plugin("SECOND", "alpn=x")
        .serve("one", "[FIRST, SECOND]");

    assertThat(errors()).isEmpty();
  }
}
