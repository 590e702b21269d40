// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import static dev.sluice.platform.config.Texting.PLAIN;
import static dev.sluice.platform.config.Texting.errorOf;
import static dev.sluice.platform.config.Texting.load;
import static dev.sluice.platform.config.Texting.primary;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OverridesTest {

  private static final String PRIMARY = "network.rpc_interfaces.primary.";

  @Test
  void overrideTakesThePlaceOfTheFilesValue() {
    assertThat(primary(load(PLAIN, PRIMARY + "bind_address=127.0.0.1:0")).bindAddress().port())
        .isZero();
  }

  @Test
  void overrideAddsKeysAndWholeSections() {
    LoadedConfiguration loaded =
        load(
            PLAIN,
            "drain_timeout=1s",
            "network.rpc_interfaces.second="
                + "{bind_address: '[::1]:0', app_protocol: X, endorsement: {authority: extra}}",
            "certificates.extra.cert_file=a.pem",
            "certificates.extra.key_file=a.key");
    assertThat(loaded.config().drainTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(loaded.config().network().rpcInterfaces()).containsOnlyKeys("primary", "second");
    assertThat(loaded.config().certificates()).containsOnlyKeys("extra");
  }

  @Test
  void lastOverrideOfAKeyWins() {
    assertThat(load(PLAIN, "worker_threads=1", "worker_threads=2").config().workerThreads())
        .isEqualTo(2);
  }

  @Test
  void keyWithADotStandsInQuotes() {
    String text = PLAIN.replace("primary:", "a.b:");
    for (String name : new String[] {"\"a.b\"", "'a.b'"}) {
      LoadedConfiguration loaded =
          load(text, "network.rpc_interfaces." + name + ".listen_backlog=7");
      assertThat(loaded.config().network().rpcInterfaces().get("a.b").listenBacklog()).isEqualTo(7);
    }
    assertThat(errorOf(text, "network.rpc_interfaces.\"a.b\".listen_backlog=0"))
        .isEqualTo(
            "--set network.rpc_interfaces.\"a.b\".listen_backlog: found '0', allowed: a whole"
                + " number from 1 to 65535");
  }

  @Test
  void anEqualsSignInTheValueBelongsToTheValue() {
    assertThat(load(PLAIN, "plugins_dir=a=b").config().pluginsDir().orElseThrow())
        .hasFileName("a=b");
  }

  @Test
  void wrongValueNamesTheOptionInPlaceOfFileAndLine() {
    assertThat(errorOf(PLAIN, PRIMARY + "bind_address=127.0.0.1:70000"))
        .isEqualTo(
            "--set network.rpc_interfaces.primary.bind_address: found '127.0.0.1:70000', allowed:"
                + " a port from 0 to 65535");
    assertThat(errorOf(PLAIN, "worker_thread=1"))
        .startsWith(
            "--set worker_thread: found an unknown key (did you mean worker_threads?), allowed:");
    assertThat(errorOf(PLAIN, "drain_timeout="))
        .startsWith("--set drain_timeout: found nothing, allowed: a duration");
  }

  @Test
  void wrongValueWithinASectionNamesOptionAndKey() {
    assertThat(errorOf(PLAIN, "certificates={a: {cert_file: b}}"))
        .isEqualTo(
            "--set certificates: certificates.a.key_file: found nothing, required: a path, since"
                + " cert_file is given");
  }

  @Test
  void brokenYamlInAValueNamesTheOption() {
    assertThat(errorOf(PLAIN, PRIMARY + "bind_address=[::1]:0"))
        .startsWith("--set network.rpc_interfaces.primary.bind_address: not valid YAML: ")
        .endsWith(" (an IPv6 address needs quotes)");
  }

  @Test
  void overrideCanNotReachIntoWhatIsNoMap() {
    assertThat(errorOf(PLAIN, PRIMARY + "bind_address.port=1"))
        .isEqualTo(
            "--set network.rpc_interfaces.primary.bind_address.port:"
                + " network.rpc_interfaces.primary.bind_address: found '127.0.0.1:8443' at"
                + " sluice.yaml:4, allowed: a map");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "=", "a", "a.b", ".a=1", "a.=1", "a..b=1", "a[0]=1", "\"a=1", "a b=1", "=1"})
  void whatIsNoKeyAndValueIsShown(String override) {
    assertThat(errorOf(PLAIN, override))
        .isEqualTo(
            "--set: found '"
                + override
                + "', allowed: key=value, keys parted by dots, a key with a dot in it in quotes");
  }

  @Test
  void allBadOverridesAreReported() {
    assertThat(errorOf(PLAIN, "a", "b").lines()).hasSize(2);
  }

  @Test
  void overridesAloneAreAConfiguration() {
    assertThat(errorOf("", "drain_timeout=1s"))
        .isEqualTo("sluice.yaml:1: network: found nothing, required: a map with rpc_interfaces");
    assertThat(
            load(
                "",
                PRIMARY + "bind_address=127.0.0.1:0",
                PRIMARY + "app_protocol=ECHO",
                PRIMARY + "endorsement.authority=unsecured"))
        .isNotNull();
  }
}
