// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import static dev.sluice.platform.config.Texting.PLAIN;
import static dev.sluice.platform.config.Texting.errorOf;
import static dev.sluice.platform.config.Texting.load;
import static dev.sluice.platform.config.Texting.primary;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ByteSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationLoaderTest {

  private static final String FULL =
      """
      network:
        rpc_interfaces:
          primary:
            bind_address: 127.0.0.1:8443
            protocol: tcp
            app_protocol: HTTP2
            endorsement: { authority: service }
            max_open_sessions_soft: 20
            max_open_sessions_hard: 30
            client_authentication: require
            trusted_ca_file: ca/clients.pem
            idle_connection_timeout: 5m
            handshake_timeout: 500ms
            slow_consumer_timeout: 1h
            outbound_high_mark: 64 KB
            outbound_connection_limit: 1mb
            linger_timeout: 0s
            listen_backlog: 16
          lines:
            bind_address: "[::1]:0"
            app_protocol: LINE_ECHO
            endorsement: { authority: unsecured }
            protocol_config: { max_line_length: 8KB }
      certificates:
        service: { cert_file: service.pem, key_file: /etc/keys/service.key }
      rpc_addresses_file: ../run/addresses.json
      plugins_dir: plugins
      event_loop_threads: 2
      worker_threads: 4
      drain_timeout: 10s
      drain_delay: 2s
      allocator: pooled
      """;

  @TempDir Path folder;

  @Test
  void everyKeyReachesItsComponent() {
    NodeConfiguration config = load(FULL).config();
    assertThat(config.eventLoopThreadCount()).isEqualTo(2);
    assertThat(config.workerThreads()).isEqualTo(4);
    assertThat(config.drainTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.drainDelay()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.allocator()).isEqualTo(Allocator.POOLED);
    RpcInterface primary = primary(load(FULL));
    assertThat(primary.bindAddress()).isEqualTo(new BindAddress("127.0.0.1", 8443));
    assertThat(primary.appProtocol()).containsExactly("HTTP2");
    assertThat(primary.endorsement().authority()).containsExactly("service");
    assertThat(primary.maxOpenSessionsSoft()).isEqualTo(20);
    assertThat(primary.maxOpenSessionsHard()).isEqualTo(30);
    assertThat(primary.clientAuthentication()).isEqualTo(ClientAuthentication.REQUIRE);
    assertThat(primary.handshakeTimeout()).isEqualTo(Duration.ofMillis(500));
    assertThat(primary.slowConsumerTimeout()).isEqualTo(Duration.ofHours(1));
    assertThat(primary.outboundHighMark()).isEqualTo(new ByteSize(64 << 10));
    assertThat(primary.outboundConnectionLimit()).isEqualTo(new ByteSize(1 << 20));
    assertThat(primary.lingerTimeout()).isZero();
    assertThat(primary.listenBacklog()).isEqualTo(16);
    assertThat(config.idleConnectionTimeout(primary)).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void whatIsLeftOutHasItsDocumentedDefault() {
    NodeConfiguration config = load(PLAIN).config();
    assertThat(config.certificates()).isEmpty();
    assertThat(config.idleConnectionTimeout()).isEqualTo(Duration.ofSeconds(60));
    assertThat(config.inboundQueueLimit()).isEqualTo(ByteSize.parse("16MB"));
    assertThat(config.inboundConnectionLimit()).isEqualTo(ByteSize.parse("1MB"));
    assertThat(config.outboundQueueLimit()).isEqualTo(ByteSize.parse("128MB"));
    assertThat(config.requestTimeout()).isEqualTo(Duration.ofSeconds(60));
    assertThat(config.rpcAddressesFile()).isEmpty();
    assertThat(config.eventLoopThreads()).isEmpty();
    assertThat(config.eventLoopThreadCount()).isPositive();
    assertThat(config.workerThreads()).isEqualTo(32);
    assertThat(config.drainTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(config.drainDelay()).isZero();
    assertThat(config.allocator()).isEqualTo(Allocator.ADAPTIVE);
    RpcInterface primary = primary(load(PLAIN));
    assertThat(primary.protocol()).isEqualTo(InterfaceProtocol.TCP);
    assertThat(primary.endorsement().isSecured()).isFalse();
    assertThat(primary.maxOpenSessionsSoft()).isEqualTo(1000);
    assertThat(primary.maxOpenSessionsHard()).isEqualTo(1010);
    assertThat(primary.clientAuthentication()).isEqualTo(ClientAuthentication.REQUEST);
    assertThat(primary.handshakeTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(primary.slowConsumerTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(primary.outboundHighMark()).isEqualTo(ByteSize.parse("256KB"));
    assertThat(primary.outboundConnectionLimit()).isEqualTo(ByteSize.parse("16MB"));
    assertThat(primary.lingerTimeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(primary.listenBacklog()).isEqualTo(1024);
    assertThat(config.idleConnectionTimeout(primary)).isEqualTo(Duration.ofSeconds(60));
  }

  @Test
  void relativePathsStartAtTheFoldersOfTheFile() throws IOException {
    Path file = Files.writeString(folder.resolve("sluice.yaml"), FULL);
    NodeConfiguration config = ConfigurationLoader.load(file, List.of()).config();
    Certificate service = config.certificates().get("service");
    assertThat(service.certFile()).contains(folder.resolve("service.pem"));
    assertThat(service.keyFile()).contains(Path.of("/etc/keys/service.key"));
    assertThat(config.pluginsDir()).contains(folder.resolve("plugins"));
    assertThat(config.rpcAddressesFile()).contains(folder.resolve("../run/addresses.json"));
    assertThat(config.network().rpcInterfaces().get("primary").trustedCaFile())
        .contains(folder.resolve("ca/clients.pem"));
  }

  @Test
  void defaultPathsStartAtTheGivenFolderToo() {
    assertThat(load(PLAIN).config().pluginsDir()).isEmpty();
  }

  @Test
  void jsonIsYaml() {
    String json =
        """
        {
        \t"network": {
        \t\t"rpc_interfaces": {
        \t\t\t"primary": {
        \t\t\t\t"bind_address": "[::1]:8443", "app_protocol": "ECHO",
        \t\t\t\t"endorsement": {"authority": "unsecured"},
        \t\t\t\t"listen_backlog": 5
        \t\t\t}
        \t\t}
        \t},
        \t"idle_connection_timeout": "2s"
        }
        """;
    assertThat(primary(load(json)).listenBacklog()).isEqualTo(5);
    assertThat(load(json).config().idleConnectionTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(errorOf(json.replace("5\n", "\"5\"\n")))
        .isEqualTo(
            "sluice.yaml:7: network.rpc_interfaces.primary.listen_backlog: found '5', allowed: a"
                + " whole number from 1 to 65535");
  }

  @Test
  void interfacesKeepTheOrderOfTheFile() {
    assertThat(load(FULL).config().network().rpcInterfaces().keySet())
        .containsExactly("primary", "lines");
  }

  @Test
  void addressesReadAndPrintAlike() {
    BindAddress address = load(FULL).config().network().rpcInterfaces().get("lines").bindAddress();
    assertThat(address).isEqualTo(new BindAddress("::1", 0)).hasToString("[::1]:0");
    assertThat(address.toSocketAddress().getAddress().isLoopbackAddress()).isTrue();
    assertThat(primary(load(FULL)).bindAddress()).hasToString("127.0.0.1:8443");
  }

  @Test
  void nameThatLooksLikeANumberIsStillAName() {
    String text =
        PLAIN.replace("unsecured", "2024")
            + "certificates:\n  2024: { cert_file: a, key_file: b }\n";
    assertThat(primary(load(text)).endorsement().authority()).containsExactly("2024");
  }

  @Test
  void lateChecksNameTheLineOfTheirKey() {
    LoadedConfiguration loaded = load(FULL);
    KeyPath primary = LoadedConfiguration.interfacePath("primary");
    assertThat(loaded.marks().problem(primary.key("app_protocol"), "'HTTP2'", "LINE_ECHO"))
        .hasToString(
            "sluice.yaml:6: network.rpc_interfaces.primary.app_protocol: found 'HTTP2', allowed:"
                + " LINE_ECHO");
    assertThat(loaded.marks().at(primary)).isEqualTo(new Mark("sluice.yaml", 3, 5));
    assertThat(loaded.marks().at(primary.key("protocol_config"))).hasToString("sluice.yaml:3");
    assertThat(loaded.marks().at(KeyPath.of("drain_delay"))).hasToString("sluice.yaml:31");
    assertThat(loaded.marks().isGiven(KeyPath.of("request_timeout"))).isFalse();
  }
}
