// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import static dev.sluice.platform.config.Texting.PLAIN;
import static dev.sluice.platform.config.Texting.errorOf;
import static dev.sluice.platform.config.Texting.errorOfKey;
import static dev.sluice.platform.config.Texting.load;
import static dev.sluice.platform.config.Texting.primary;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The rules between keys, each with the line of the key to change. */
class ConfigurationChecksTest {

  private static final String KEY = "sluice.yaml:7: network.rpc_interfaces.primary.";
  private static final String SERVICE =
      "certificates:\n  service: { cert_file: service.pem, key_file: service.key }\n";
  private static final String TLS = PLAIN.replace("unsecured", "service");

  @Test
  void authorityHasToBeACertificateOrUnsecured() {
    assertThat(errorOf(TLS.replace("service", "servce") + SERVICE))
        .isEqualTo(
            "sluice.yaml:6: network.rpc_interfaces.primary.endorsement.authority: found 'servce',"
                + " allowed: service or unsecured");
    assertThat(errorOf(TLS))
        .isEqualTo(
            "sluice.yaml:6: network.rpc_interfaces.primary.endorsement.authority: found 'service',"
                + " allowed: unsecured");
  }

  @Test
  void severalAuthoritiesAreCertificatesEachOnce() {
    String more = SERVICE + "  other: {}\n";
    String key = "sluice.yaml:6: network.rpc_interfaces.primary.endorsement.";
    assertThat(primary(load(authorities("[other, service]") + more)).endorsement().authority())
        .containsExactly("other", "service");
    assertThat(errorOf(authorities("[other, servce]") + more))
        .isEqualTo(key + "authority[1]: found 'servce', allowed: service, other or unsecured");
    assertThat(errorOf(authorities("[other, other]") + more))
        .isEqualTo(key + "authority[1]: found 'other' again, allowed: each name once");
    assertThat(errorOf(authorities("[other, unsecured]") + more))
        .isEqualTo(
            key
                + "authority[1]: found 'unsecured', allowed: names of certificates, or unsecured"
                + " alone");
    assertThat(errorOf(authorities("[]") + more))
        .isEqualTo(key + "authority: found none, allowed: text or a list, each text");
    assertThat(errorOf(authorities("{ a: b }") + more))
        .isEqualTo(key + "authority: found a map, allowed: text or a list, each text");
    assertThat(primary(load(authorities("[unsecured]"))).endorsement().isSecured()).isFalse();
  }

  private static String authorities(String list) {
    return PLAIN.replace("authority: unsecured", "authority: " + list);
  }

  @Test
  void severalProtocolsAreNamedEachOnceWithOneOfThemAsTheDefault() {
    String key = "sluice.yaml:5: network.rpc_interfaces.primary.";
    assertThat(primary(load(protocols("[A, B]"))).appProtocol()).containsExactly("A", "B");
    assertThat(primary(load(protocols("[A, B]"))).defaultProtocol()).isEqualTo("B");
    assertThat(primary(load(PLAIN)).defaultProtocol()).isEqualTo("ECHO");
    String chosen = protocols("[A, B]") + "      default_app_protocol: ";
    assertThat(primary(load(chosen + "A\n")).defaultProtocol()).isEqualTo("A");
    assertThat(errorOf(chosen + "C\n"))
        .isEqualTo(KEY + "default_app_protocol: found 'C', allowed: A or B");
    assertThat(errorOfKey("default_app_protocol: C"))
        .isEqualTo(KEY + "default_app_protocol: found 'C', allowed: ECHO");
    assertThat(errorOf(protocols("[A, B, A]")))
        .isEqualTo(key + "app_protocol[2]: found 'A' again, allowed: each name once");
    assertThat(errorOf(protocols("[]")))
        .isEqualTo(key + "app_protocol: found none, allowed: text or a list, each text");
    assertThat(errorOf(protocols("[A, B]") + "      protocol: udp\n"))
        .isEqualTo(
            key
                + "app_protocol: found 2 names, allowed: one, since nothing tells the protocols of"
                + " datagrams apart");
    assertThat(load(protocols("[A]") + "      protocol: udp\n")).isNotNull();
  }

  @Test
  void settingsOfSeveralProtocolsStandUnderTheirNames() {
    String config = protocols("[A, B]") + "      protocol_config: ";
    assertThat(load(config + "{ B: { x: 1 } }\n")).isNotNull();
    assertThat(errorOf(config + "{ x: 1 }\n"))
        .isEqualTo(
            KEY
                + "protocol_config.x: found an unknown key, allowed: a section for each protocol: A"
                + " and B");
  }

  private static String protocols(String list) {
    return PLAIN.replace("app_protocol: ECHO", "app_protocol: " + list);
  }

  @Test
  void unknownNamesAreRefusedThroughTlsAlone() {
    assertThat(errorOf(authorities("unsecured, unknown_server_name: refuse")))
        .isEqualTo(
            "sluice.yaml:6: network.rpc_interfaces.primary.endorsement.unknown_server_name: found"
                + " 'refuse', allowed: default, since without TLS no client can ask for a name");
    assertThat(load(authorities("service, unknown_server_name: refuse") + SERVICE)).isNotNull();
  }

  @Test
  void aCertificateHasBothFilesOrNone() {
    assertThat(errorOf(PLAIN + "certificates:\n  service: { cert_file: a }\n"))
        .isEqualTo(
            "sluice.yaml:8: certificates.service.key_file: found nothing, required: a path, since"
                + " cert_file is given");
    assertThat(errorOf(PLAIN + "certificates:\n  service: { key_file: a }\n"))
        .isEqualTo(
            "sluice.yaml:8: certificates.service.cert_file: found nothing, required: a path, since"
                + " key_file is given");
    assertThat(load(PLAIN + "certificates:\n  service: {}\n")).isNotNull();
  }

  @Test
  void softCapIsNotAboveTheHardOne() {
    assertThat(errorOfKey("max_open_sessions_soft: 1011"))
        .isEqualTo(
            KEY
                + "max_open_sessions_soft: found '1011', allowed: at most max_open_sessions_hard,"
                + " which is 1010");
    assertThat(errorOfKey("max_open_sessions_hard: 10"))
        .isEqualTo(
            KEY
                + "max_open_sessions_hard: found '10', allowed: at least max_open_sessions_soft,"
                + " which is 1000");
    assertThat(load(PLAIN, caps("soft", 7), caps("hard", 7))).isNotNull();
  }

  private static String caps(String which, int value) {
    return "network.rpc_interfaces.primary.max_open_sessions_" + which + "=" + value;
  }

  @Test
  void connectionLimitIsNotBelowTheHighMark() {
    assertThat(errorOfKey("outbound_high_mark: 32MB"))
        .isEqualTo(
            KEY
                + "outbound_high_mark: found '32MB', allowed: at most outbound_connection_limit,"
                + " which is 16MB");
    assertThat(errorOfKey("outbound_connection_limit: 255KB"))
        .isEqualTo(
            KEY
                + "outbound_connection_limit: found '255KB', allowed: at least outbound_high_mark,"
                + " which is 256KB");
  }

  @Test
  void requiredClientCertificatesNeedAFileThatVouchesForThem() {
    assertThat(errorOf(TLS + "      client_authentication: require\n" + SERVICE))
        .isEqualTo(
            "sluice.yaml:3: network.rpc_interfaces.primary.trusted_ca_file: found nothing,"
                + " required: a path, since client_authentication is require");
    assertThat(errorOf(TLS + "      trusted_ca_file: ca.pem\n" + SERVICE))
        .isEqualTo(
            KEY
                + "trusted_ca_file: found 'ca.pem', allowed: no such key, unless"
                + " client_authentication is require");
    String both = "      client_authentication: require\n      trusted_ca_file: ca.pem\n";
    assertThat(primary(load(TLS + both + SERVICE)).trustedCaFile()).isPresent();
  }

  @Test
  void clientCertificatesCanNotBeRequiredWithoutTls() {
    assertThat(errorOfKey("client_authentication: require"))
        .isEqualTo(
            KEY
                + "client_authentication: found 'require', allowed: none or request, since without"
                + " TLS no client can show a certificate");
  }

  @Test
  void twoInterfacesCanNotHaveTheSameAddressHoweverItIsWritten() {
    assertThat(errorOf(two("127.0.0.1:8443", "127.0.0.1:8443")))
        .isEqualTo(
            "sluice.yaml:8: network.rpc_interfaces.second.bind_address: found '127.0.0.1:8443' as"
                + " in sluice.yaml:4, allowed: an address and port that no other interface has");
    assertThat(errorOf(two("'[::1]:8443'", "'[0:0:0:0:0:0:0:1]:8443'"))).contains("as in");
    assertThat(errorOf(two("Host:8443", "host:8443"))).contains("as in");
  }

  @Test
  void portsThatTheSystemChoosesAndOtherPortsDoNotClash() {
    assertThat(load(two("127.0.0.1:0", "127.0.0.1:0"))).isNotNull();
    assertThat(load(two("127.0.0.1:1", "127.0.0.1:2"))).isNotNull();
    assertThat(load(two("127.0.0.1:1", "127.0.0.2:1"))).isNotNull();
  }

  private static String two(String first, String second) {
    return PLAIN.replace("127.0.0.1:8443", first)
        + "    second:\n      bind_address: "
        + second
        + "\n      app_protocol: ECHO\n      endorsement: { authority: unsecured }\n";
  }
}
