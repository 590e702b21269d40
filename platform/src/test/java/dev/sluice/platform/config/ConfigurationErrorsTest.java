// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import static dev.sluice.platform.config.Texting.PLAIN;
import static dev.sluice.platform.config.Texting.errorOf;
import static dev.sluice.platform.config.Texting.errorOfKey;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every wrong value is one line: file, line, key, what was found, what is allowed. */
class ConfigurationErrorsTest {

  private static final String KEY = "sluice.yaml:7: network.rpc_interfaces.primary.";

  @Test
  void unknownKeyListsTheAllowedOnesAndGuesses() {
    assertThat(errorOf(PLAIN + "plugin_dir: a\n"))
        .isEqualTo(
            "sluice.yaml:7: plugin_dir: found an unknown key (did you mean plugins_dir?), allowed:"
                + " network, certificates, applications, certificate_check_interval, idle_connection_timeout,"
                + " inbound_queue_limit, inbound_connection_limit, outbound_queue_limit, request_timeout,"
                + " rpc_addresses_file, plugins_dir, event_loop_threads, worker_threads,"
                + " drain_timeout, drain_delay, drain_idle_grace, close_records, strict, strict_close, allocator, operator,"
                + " outbound");
  }

  @ParameterizedTest
  @CsvSource({
    "listenBacklog, listen_backlog",
    "listen-backlog, listen_backlog",
    "max_open_session_hard, max_open_sessions_hard",
    "trusted_ca, trusted_ca_file",
    "listen_backlog_size, listen_backlog",
  })
  void commonSlipsAreGuessed(String written, String meant) {
    assertThat(errorOfKey(written + ": 1"))
        .startsWith(KEY + written + ": found an unknown key (did you mean " + meant + "?)");
  }

  @Test
  void unknownKeyUnlikeAnyOtherGetsNoGuess() {
    assertThat(errorOfKey("colour: red"))
        .startsWith(KEY + "colour: found an unknown key, allowed:");
  }

  @Test
  void missingKeysAreNamedAtTheirSection() {
    assertThat(errorOf("network:\n  rpc_interfaces:\n    primary:\n      linger_timeout: 1s\n"))
        .isEqualTo(
            """
            sluice.yaml:3: network.rpc_interfaces.primary.bind_address: found nothing, required: \
            an address host:port as in 127.0.0.1:8443 or "[::1]:8443"
            sluice.yaml:3: network.rpc_interfaces.primary.app_protocol: found nothing, required: \
            text or a list, each text""");
    assertThat(errorOf("plugins_dir: a\n"))
        .isEqualTo("sluice.yaml:1: network: found nothing, required: a map with rpc_interfaces");
  }

  @Test
  void emptySectionIsAnEmptyMapSoItsRequiredKeysAreNamed() {
    assertThat(errorOf("network:\n"))
        .isEqualTo(
            "sluice.yaml:1: network.rpc_interfaces: found nothing, required: a map from names of"
                + " 1 to 64 letters, digits, '_', '.' and '-', other than outbound");
  }

  @Test
  void keyWithoutAValueIsNotItsDefault() {
    assertThat(errorOfKey("client_authentication:"))
        .isEqualTo(KEY + "client_authentication: found nothing, allowed: none, request or require");
  }

  @Test
  void atLeastOneInterfaceIsNeeded() {
    assertThat(errorOf("network:\n  rpc_interfaces: {}\n"))
        .isEqualTo("sluice.yaml:2: network.rpc_interfaces: found none, allowed: at least 1");
  }

  @Test
  void listWhereAMapIsExpectedAndTheOtherWayRound() {
    assertThat(errorOf("network:\n  rpc_interfaces:\n    - primary\n"))
        .isEqualTo(
            "sluice.yaml:2: network.rpc_interfaces: found a list, allowed: a map from names of 1"
                + " to 64 letters, digits, '_', '.' and '-', other than outbound");
    assertThat(errorOf("network: 5\n"))
        .isEqualTo("sluice.yaml:1: network: found '5', allowed: a map with rpc_interfaces");
    assertThat(errorOfKey("protocol_config: [1]"))
        .isEqualTo(KEY + "protocol_config: found a list, allowed: a map");
    assertThat(errorOfKey("linger_timeout: [1s]"))
        .isEqualTo(
            KEY
                + "linger_timeout: found a list, allowed: a duration with its unit (ms, s, m or h)"
                + " as in 60s");
  }

  @ParameterizedTest
  @CsvSource({"60", "60 seconds", "1.5s", "-1s", "1d", "s"})
  void durationWithoutAProperUnitSaysWhichThereAre(String text) {
    assertThat(errorOf(PLAIN + "idle_connection_timeout: " + text + "\n"))
        .isEqualTo(
            "sluice.yaml:7: idle_connection_timeout: found '"
                + text
                + "', allowed: a duration of at least 100ms, with its unit (ms, s, m or h) as in"
                + " 60s");
  }

  @Test
  void durationOutOfRangeSaysTheRange() {
    assertThat(errorOf(PLAIN + "idle_connection_timeout: 99ms\n"))
        .isEqualTo(
            "sluice.yaml:7: idle_connection_timeout: found '99ms', allowed: a duration of at least"
                + " 100ms");
    assertThat(errorOf(PLAIN + "drain_timeout: 999999999999999999h\n"))
        .isEqualTo(
            "sluice.yaml:7: drain_timeout: found '999999999999999999h', allowed: a duration of at"
                + " most 1000000h");
  }

  @ParameterizedTest
  @CsvSource({"16", "16 bytes", "16TB", "1.5MB"})
  void sizeWithoutAProperUnitSaysWhichThereAre(String text) {
    assertThat(errorOf(PLAIN + "inbound_queue_limit: " + text + "\n"))
        .isEqualTo(
            "sluice.yaml:7: inbound_queue_limit: found '"
                + text
                + "', allowed: a size of at least 64KB, with its unit (B, KB, MB or GB) as in 16KB");
  }

  @Test
  void sizeOutOfRangeSaysTheRange() {
    assertThat(errorOfKey("outbound_high_mark: 2GB"))
        .isEqualTo(KEY + "outbound_high_mark: found '2GB', allowed: a size from 1KB to 1GB");
  }

  @ParameterizedTest
  @CsvSource({"0", "4097", "-1", "many", "'\"32\"'", "0x10", "010", "1e2", "1_000", "true"})
  void whatIsNoWholeNumberInItsRangeSaysTheRange(String text) {
    assertThat(errorOf(PLAIN + "worker_threads: " + text + "\n"))
        .isEqualTo(
            "sluice.yaml:7: worker_threads: found '"
                + text.replace("\"", "")
                + "', allowed: a whole number from 1 to 4096");
  }

  @Test
  void numberBeyondAnIntSaysHowFarItGoes() {
    assertThat(errorOfKey("max_open_sessions_hard: 3000000000"))
        .isEqualTo(
            KEY
                + "max_open_sessions_hard: found '3000000000', allowed: a whole number from"
                + " -2147483648 to 2147483647");
  }

  @Test
  void enumListsItsValues() {
    assertThat(errorOfKey("client_authentication: Required"))
        .isEqualTo(
            KEY + "client_authentication: found 'Required', allowed: none, request or require");
    assertThat(errorOfKey("protocol: sctp"))
        .isEqualTo(KEY + "protocol: found 'sctp', allowed: tcp or udp");
    assertThat(errorOf(PLAIN + "allocator: heap\n"))
        .isEqualTo("sluice.yaml:7: allocator: found 'heap', allowed: adaptive or pooled");
  }

  @Test
  void emptyPathIsNone() {
    assertThat(errorOf(PLAIN + "plugins_dir: ''\n"))
        .isEqualTo("sluice.yaml:7: plugins_dir: found '', allowed: a path");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "127.0.0.1:70000     | a port from 0 to 65535",
        "127.0.0.1:-1        | a port from 0 to 65535",
        "127.0.0.1:http      | a port from 0 to 65535",
        "'localhost:'        | a port from 0 to 65535",
        "127.0.0.1           | host:port, with a port from 0 to 65535",
        "[::1]               | host:port, with a port from 0 to 65535",
        ":8443               | a host before the port as in 127.0.0.1:8443 or 0.0.0.0:8443",
        "::1:8443            | an IPv6 address in brackets and quotes as in \"[::1]:8443\"",
        "fe80::12:8443       | an IPv6 address in brackets and quotes as in \"[::1]:8443\"",
        "::                  | an IPv6 address in brackets and quotes as in \"[::1]:8443\"",
        "[::zz]:8443         | an IPv6 address within the brackets as in \"[::1]:8443\"",
        "127.0.0.256:8443    | an IPv4 address of four numbers from 0 to 255",
        "8443:8443           | an IPv4 address of four numbers from 0 to 255",
        "http://host:8443    | a host name, an IPv4 address, or an IPv6 address in brackets",
        "'*:8443'            | a host name, an IPv4 address, or an IPv6 address in brackets",
      })
  void addressSaysWhatIsWrongWithIt(String address, String allowed) {
    String text = PLAIN.replace("127.0.0.1:8443", "'" + address + "'");
    assertThat(errorOf(text))
        .isEqualTo(
            "sluice.yaml:4: network.rpc_interfaces.primary.bind_address: found '"
                + address
                + "', allowed: "
                + allowed);
  }

  @Test
  void unquotedIpv6AddressSaysThatItNeedsQuotes() {
    String hint = " (an IPv6 address needs quotes)";
    assertThat(errorOf(PLAIN.replace("127.0.0.1:8443", "[::1]:8443")))
        .startsWith("sluice.yaml:4: not valid YAML: while parsing a flow node")
        .endsWith(hint);
    assertThat(errorOf(PLAIN.replace("127.0.0.1:8443", "[fe80::1]:8443")))
        .startsWith("sluice.yaml:4: not valid YAML: ")
        .endsWith(hint);
  }

  @Test
  void namesOfInterfacesAndCertificatesAreBounded() {
    assertThat(errorOf(PLAIN.replace("primary", "my interface")))
        .isEqualTo(
            "sluice.yaml:3: network.rpc_interfaces.\"my interface\": found the name 'my"
                + " interface', allowed: names of 1 to 64 letters, digits, '_', '.' and '-', other"
                + " than outbound");
    assertThat(errorOf(PLAIN.replace("primary", "outbound")))
        .startsWith("sluice.yaml:3: network.rpc_interfaces.outbound: found the name 'outbound'");
    assertThat(errorOf(PLAIN + "certificates:\n  unsecured: { cert_file: a, key_file: b }\n"))
        .isEqualTo(
            "sluice.yaml:8: certificates.unsecured: found the name 'unsecured', allowed: names of"
                + " 1 to 64 letters, digits, '_', '.' and '-', other than unsecured");
  }

  @Test
  void allProblemsComeInOneGoInTheOrderOfTheFile() {
    String text =
        """
        network:
          rpc_interfaces:
            primary:
              bind_address: 127.0.0.1:70000
              app_protocl: ECHO
              endorsement: { authority: service }
            second:
              bind_address: 127.0.0.1:8443
              app_protocol: ECHO
              endorsement: { authority: nowhere }
        certificates:
          service: { cert_file: service.pem }
        idle_connection_timeout: 60
        """;
    assertThat(errorOf(text).lines().map(line -> line.replaceAll(": found.*", "")))
        .containsExactly(
            "sluice.yaml:3: network.rpc_interfaces.primary.app_protocol",
            "sluice.yaml:4: network.rpc_interfaces.primary.bind_address",
            "sluice.yaml:5: network.rpc_interfaces.primary.app_protocl",
            "sluice.yaml:10: network.rpc_interfaces.second.endorsement.authority",
            "sluice.yaml:12: certificates.service.key_file",
            "sluice.yaml:13: idle_connection_timeout");
  }
}
