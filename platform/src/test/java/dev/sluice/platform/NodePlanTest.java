// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.api.rpc.RpcMap;
import dev.sluice.api.rpc.RpcService;
import dev.sluice.platform.config.ConfigurationException;
import dev.sluice.platform.plugin.PluginJars;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a plan finds wrong, said so that an operator can put it right; it binds and starts none. */
class NodePlanTest {

  /** Where {@link NodeHouse} writes the first interface's keys. */
  private static final String ONE = "network.rpc_interfaces.one";

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

  @Test
  void aProtocolThatIsNotThereNamesThoseThatAre() {
    house.plugin("PROBE").plugin("ECHO").serve("one", "GOPHER");

    assertThat(errors())
        .containsExactly(
            "node.yaml:5: "
                + ONE
                + ".app_protocol: no protocol is named 'GOPHER'; known in "
                + house.plugins()
                + ": ECHO, PROBE");
  }

  @Test
  void aNameWrittenInAnotherWayIsSuggested() {
    house.plugin("LINE_ECHO").serve("one", "line-echo");

    assertThat(errors())
        .singleElement()
        .asString()
        .startsWith("node.yaml:5: " + ONE + ".app_protocol: no protocol is named 'line-echo'")
        .contains("did you mean LINE_ECHO?");
  }

  @Test
  void withoutAnyPluginTheFolderIsNamed() throws IOException {
    house.serve("one", "PROBE");
    assertThat(errors())
        .singleElement()
        .asString()
        .endsWith("no protocol is named 'PROBE'; known in " + house.plugins() + ": none");

    Files.delete(house.plugins());
    assertThat(errors())
        .singleElement()
        .asString()
        .endsWith("known in " + house.plugins() + ": there is no such folder");
  }

  @Test
  void applicationsAreThoseNamedOrAllButTheOperators() throws Exception {
    PluginJars.jar("apps.jar")
        .handler("p.App", "app", "/app")
        .handler("p.More", "more", "/app/more")
        .writeTo(house.plugins());
    house
        .plugin("PROBE")
        .serve("all", "PROBE")
        .serve("some", "PROBE", "handlers: [node, app]")
        .serve("none", "PROBE", "handlers: []", "http_configuration: { max_body_size: 7KB }");

    try (NodePlan plan = house.plan()) {
      assertThat(plan.interfaces())
          .extracting(
              planned -> planned.options().rpc().services().stream().map(RpcService::name).toList())
          .containsExactly(List.of("app", "more"), List.of("node", "app"), List.of());
      RpcMap all = plan.interfaces().get(0).options().rpc();
      assertThat(all.find("/app/more/x").map(RpcService::name)).contains("more");
      assertThat(all.find("/app/morexx").map(RpcService::name)).contains("app");
      assertThat(all.find("/apple")).isEmpty();
      assertThat(all.find("/node")).isEmpty();
      assertThat(plan.interfaces().get(2).options().rpc().http().maxBodySize()).hasToString("7KB");
    }
  }

  @Test
  void anApplicationThatIsNotThereAndAPathThatTwoClaimAreErrorsWithTheirLines() {
    PluginJars.jar("apps.jar")
        .handler("p.App", "app", "/app")
        .handler("p.Other", "other", "/app")
        .writeTo(house.plugins());
    house
        .plugin("PROBE")
        .serve("one", "PROBE", "handlers: [App]")
        .serve("two", "PROBE", "handlers: [app, other]")
        .serve("three", "PROBE");

    assertThat(errors())
        .satisfiesExactly(
            error ->
                assertThat(error)
                    .startsWith("node.yaml:6: network.rpc_interfaces.one.handlers: ")
                    .contains("no application is named 'App', did you mean app?; known in"),
            error ->
                assertThat(error)
                    .startsWith("node.yaml:10: network.rpc_interfaces.two.handlers: ")
                    .contains("both app and other claim /app"),
            error -> assertThat(error).contains("three.handlers", "claim /app"));
  }

  private void applicationWithSettings() {
    PluginJars.jar("apps.jar")
        .source(
            "p.Greeter",
            """
            package p;
            import dev.sluice.api.*;
            import dev.sluice.api.rpc.*;
            import java.util.*;
            public class Greeter implements RpcHandler {
              public record Settings(
                  @Setting(description = "What to say.") String greeting,
                  @Setting(description = "To whom.", defaultValue = "{}") Map<String, String> to) {}
              public String name() { return "greeter"; }
              public List<String> prefixes() { return List.of("/"); }
              public Optional<Class<? extends Record>> settingsType() {
                return Optional.of(Settings.class);
              }
              public void start(ApplicationContext node) {
                throw new IllegalStateException("told " + node.settings(Settings.class));
              }
              public void handle(RpcContext request) {}
            }
            """)
        .declaredHandler("p.Greeter")
        .handler("p.App", "app", "/app")
        .writeTo(house.plugins());
    house.plugin("PROBE");
  }

  @Test
  void anApplicationIsToldItsSettings() {
    applicationWithSettings();
    house
        .serve("one", "PROBE")
        .set("applications: { greeter: { greeting: hello, to: { you: there } } }");
    assertThatThrownBy(house::start)
        .isInstanceOf(NodeException.class)
        .hasMessage(
            "application greeter can't start: told Settings[greeting=hello, to={you=there}]");
  }

  @Test
  void settingsOfApplicationsAreCheckedWithTheirLines() {
    applicationWithSettings();
    house.serve("one", "PROBE");
    assertThat(errors())
        .containsExactly(
            "node.yaml:1: applications.greeter.greeting: found nothing, required: text");
    house.set("applications:").set("  greeter: { greting: a }").set("  app: { b: c }");
    house.set("  other: {}");
    assertThat(errors())
        .satisfiesExactlyInAnyOrder(
            error ->
                assertThat(error)
                    .startsWith("node.yaml:7: applications.greeter.greting: found an unknown key")
                    .contains("did you mean greeting?"),
            error -> assertThat(error).contains("applications.greeter.greeting"),
            error ->
                assertThat(error)
                    .startsWith("node.yaml:8: applications.app: ")
                    .endsWith("none, since app has no settings"),
            error ->
                assertThat(error)
                    .startsWith(
                        "node.yaml:9: applications.other: no application is named 'other'"));
  }

  @Test
  void anApplicationThatNobodyServesNeedsNoSettings() {
    applicationWithSettings();
    house.serve("one", "PROBE", "handlers: [app]");
    try (NodePlan plan = house.plan()) {
      assertThat(plan.applicationSettings("greeter")).isEmpty();
    }
  }

  @Test
  void aNameThatTwoJarsProvideIsServedByNeither() {
    house.probe.writeTo(house.plugins(), "a.jar", "PROBE");
    house.probe.writeTo(house.plugins(), "b.jar", "PROBE");
    house.serve("one", "PROBE");

    assertThat(errors())
        .singleElement()
        .asString()
        .startsWith("node.yaml:5: " + ONE + ".app_protocol: protocol 'PROBE' was refused: ")
        .contains("provided by a.jar and b.jar; keep one");
  }

  @Test
  void twoJarsOfOneNameDoNotMatterToAnInterfaceOfAnotherProtocol() throws Exception {
    house.probe.writeTo(house.plugins(), "a.jar", "PROBE");
    house.probe.writeTo(house.plugins(), "b.jar", "PROBE");
    house.plugin("ECHO").serve("one", "ECHO");

    try (NodePlan plan = house.plan()) {
      assertThat(plan.interfaces())
          .singleElement()
          .satisfies(planned -> assertThat(planned.protocols()).hasToString("[ECHO of echo.jar]"));
      assertThat(plan.loadReport().errors()).hasSize(2);
    }
  }

  @Test
  void settingsOfTheProtocolAreCheckedWithTheirLine() {
    house
        .plugin("PROBE")
        .serve("one", "PROBE", "protocol_config:", "  mark: fine", "  mrak: wrong")
        .serve("two", "PROBE", "protocol_config: { mark: [1, 2] }");

    assertThat(errors())
        .containsExactly(
            "node.yaml:8: " + ONE + ".protocol_config.mrak: found an unknown key, allowed: mark",
            "node.yaml:12: network.rpc_interfaces.two.protocol_config.mark: found a list, allowed:"
                + " text");
  }

  @Test
  void anAbsentCertificateIsWaitedFor() {
    secured();
    certificates("absent.pem", "absent.key");

    try (NodePlan plan = house.plan()) {
      assertThat(plan.interfaces().get(0).awaitedCertificate()).contains("service");
      assertThat(plan.certificates().statuses())
          .singleElement()
          .satisfies(
              status -> {
                assertThat(status.name()).isEqualTo("service");
                assertThat(status.fromFiles()).isTrue();
                assertThat(status.available()).isFalse();
                assertThat(status.generation()).isZero();
                assertThat(status.interfaces()).containsExactly("one");
                assertThat(status.lastFailure()).isEmpty();
              });
    }
  }

  @Test
  void halfACertificateIsWaitedForToo() throws IOException {
    Files.writeString(folder.resolve("cert.pem"), certificate("one").certificatePem());
    secured();
    certificates("cert.pem", "absent.key");

    try (NodePlan plan = house.plan()) {
      assertThat(plan.interfaces().get(0).awaitedCertificate()).contains("service");
    }
  }

  @Test
  void aCertificateThatHasExpiredIsAnError() throws IOException {
    DevelopmentCertificate made =
        DevelopmentCertificate.create(List.of("localhost"), Duration.ofMinutes(-30));
    Files.writeString(folder.resolve("cert.pem"), made.certificatePem());
    Files.writeString(folder.resolve("key.pem"), made.privateKeyPem());
    secured();
    certificates("cert.pem", "key.pem");

    assertThat(assertUnusable("cert.pem", "key.pem")).contains("' expired at ");
  }

  @Test
  void aBadCertificateThatNoInterfaceUsesIsAnErrorToo() throws IOException {
    Files.writeString(folder.resolve("cert.pem"), certificate("one").certificatePem());
    Files.writeString(folder.resolve("key.pem"), certificate("two").privateKeyPem());
    house.plugin("PROBE").serve("one", "PROBE");
    certificates("cert.pem", "key.pem");

    assertThat(errors()).singleElement().asString().contains("the key is not this certificate's");
  }

  @Test
  void aFolderIsNoCertificate() throws IOException {
    Files.createDirectory(folder.resolve("cert.pem"));
    DevelopmentCertificate made = certificate("other");
    Files.writeString(folder.resolve("key.pem"), made.privateKeyPem());
    secured();
    certificates("cert.pem", "key.pem");

    assertThat(errors())
        .containsExactly(
            "node.yaml:9: certificates.service.cert_file: found '"
                + folder.resolve("cert.pem")
                + "', allowed: a file in PEM that can be read");
  }

  @Test
  void garbageInPlaceOfACertificateIsAnError() throws IOException {
    DevelopmentCertificate made = certificate("good");
    Files.writeString(folder.resolve("cert.pem"), "this is no certificate\n");
    Files.writeString(folder.resolve("key.pem"), made.privateKeyPem());
    secured();
    certificates("cert.pem", "key.pem");

    assertUnusable("cert.pem", "key.pem");
  }

  @Test
  void garbageInPlaceOfAKeyIsAnError() throws IOException {
    DevelopmentCertificate made = certificate("good");
    Files.writeString(folder.resolve("cert.pem"), made.certificatePem());
    Files.writeString(folder.resolve("key.pem"), "");
    secured();
    certificates("cert.pem", "key.pem");

    assertUnusable("cert.pem", "key.pem");
  }

  @Test
  void theKeyOfAnotherCertificateIsAnError() throws IOException {
    Files.writeString(folder.resolve("cert.pem"), certificate("one").certificatePem());
    Files.writeString(folder.resolve("key.pem"), certificate("two").privateKeyPem());
    secured();
    certificates("cert.pem", "key.pem");

    assertThat(assertUnusable("cert.pem", "key.pem"))
        .endsWith("in PEM: the key is not this certificate's");
  }

  @Test
  void anAbsentAuthorityOfClientsIsNamedWithItsLine() throws IOException {
    house.certificate();
    secured("client_authentication: require", "trusted_ca_file: nobody.pem");

    assertThat(errors())
        .containsExactly(
            "node.yaml:8: "
                + ONE
                + ".trusted_ca_file: found '"
                + folder.resolve("nobody.pem")
                + "', which does not exist, allowed: a file in PEM that can be read");
  }

  @Test
  void aBadAuthorityOfClientsIsBlamedAndNotTheCertificate() throws IOException {
    house.certificate();
    Files.writeString(folder.resolve("clients.pem"), "this is no certificate\n");
    secured("client_authentication: require", "trusted_ca_file: clients.pem");

    assertThat(errors())
        .singleElement()
        .asString()
        .startsWith(
            "node.yaml:8: "
                + ONE
                + ".trusted_ca_file: found '"
                + folder.resolve("clients.pem")
                + "', allowed: ");
  }

  @Test
  void oneBadCertificateOfTwoInterfacesIsOneProblem() throws IOException {
    Files.createDirectory(folder.resolve("folder"));
    secured();
    house.serve("two", "PROBE", "endorsement: { authority: service }");
    house.set("certificates: { service: { cert_file: folder, key_file: folder } }");

    assertThat(errors()).hasSize(2).allMatch(error -> error.startsWith("node.yaml:11: "));
  }

  @Test
  void aHostNameThatNobodyKnowsIsAnError() {
    // RFC 6761, section 6.4: no such name is ever known.
    house.plugin("PROBE").serveAt("nowhere.invalid:0", "one", "PROBE");

    assertThat(errors())
        .containsExactly(
            "node.yaml:4: "
                + ONE
                + ".bind_address: found 'nowhere.invalid:0', allowed: an address, or a host name"
                + " that can be looked up");
  }

  @Test
  void allThatIsWrongIsSaidAtOnceInTheOrderOfTheFile() throws IOException {
    Files.createDirectory(folder.resolve("folder"));
    house
        .plugin("PROBE")
        .serve("one", "GOPHER")
        .serve("two", "PROBE", "protocol_config: { no: 1 }")
        .serve("three", "PROBE", "endorsement: { authority: service }")
        .serveAt("nowhere.invalid:0", "four", "PROBE");
    certificates("folder", "folder");

    assertThat(errors())
        .satisfiesExactly(
            e -> assertThat(e).startsWith("node.yaml:5: "),
            e -> assertThat(e).startsWith("node.yaml:9: "),
            e -> assertThat(e).startsWith("node.yaml:15: "),
            e -> assertThat(e).startsWith("node.yaml:19: "),
            e -> assertThat(e).startsWith("node.yaml:20: "));
  }

  @Test
  void aPlanBindsNothingAndStartsNothing() throws Exception {
    try (ServerSocket taken = NodeHouse.taken()) {
      house.certificate();
      house
          .plugin("PROBE")
          .serveAt(
              "127.0.0.1:" + taken.getLocalPort(),
              "one",
              "PROBE",
              "endorsement: { authority: service }");
      try (NodePlan plan = house.plan()) {
        assertThat(plan.interfaces())
            .singleElement()
            .satisfies(
                planned -> {
                  assertThat(planned.name()).isEqualTo("one");
                  assertThat(planned.carrier()).isEqualTo("tls");
                });
      }
      house.awaitNoThread();
    }
    assertThat(house.probe.events()).isEmpty();
  }

  private List<String> errors() {
    ConfigurationException thrown =
        catchThrowableOfType(
            ConfigurationException.class, () -> NodePlan.of(house.configuration()).close());
    assertThat(thrown).as("a complaint").isNotNull();
    return thrown.getMessage().lines().toList();
  }

  /** An interface on lines 3 to 6 with TLS; more of its keys from line 7 on. */
  private void secured(String... more) {
    String[] keys = new String[more.length + 1];
    keys[0] = "endorsement: { authority: service }";
    System.arraycopy(more, 0, keys, 1, more.length);
    house.plugin("PROBE").serve("one", "PROBE", keys);
  }

  private void certificates(String cert, String key) {
    house.set("certificates:");
    house.set("  service:");
    house.set("    cert_file: " + cert);
    house.set("    key_file: " + key);
  }

  private String assertUnusable(String cert, String key) {
    List<String> errors = errors();
    assertThat(errors)
        .singleElement()
        .asString()
        .startsWith(
            "node.yaml:8: certificates.service: found '"
                + folder.resolve(cert)
                + "' and '"
                + folder.resolve(key)
                + "', allowed: a certificate chain and its key, in PEM: ")
        .doesNotEndWith(": ");
    return errors.get(0);
  }

  private static DevelopmentCertificate certificate(String host) {
    return DevelopmentCertificate.create(List.of(host), Duration.ofDays(1));
  }
}
