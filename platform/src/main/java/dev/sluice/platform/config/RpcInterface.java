// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.api.ByteSize;
import dev.sluice.api.Setting;
import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.platform.config.ConfigNode.MapNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** An address that the node listens on, and all policy for the connections made to it. */
public record RpcInterface(
    @Setting(
            description =
                "Where to listen. Port 0 lets the system choose one, see `rpc_addresses_file`.")
        BindAddress bindAddress,
    @Setting(
            description =
                "What carries the bytes: `tcp`, or `udp`, where each peer address is a connection"
                    + " from its first datagram until none has come from it for the idle timeout.",
            defaultValue = "tcp")
        InterfaceProtocol protocol,
    @Setting(
            description =
                "The protocol spoken here, by the name that its plug-in gives it; or several, the"
                    + " preferred one first, of which each client is served by the one that it"
                    + " speaks.")
        @OneOrMore
        List<String> appProtocol,
    @Setting(
            description =
                "Of several protocols the one for clients that do not tell which they speak. Without"
                    + " it: the last one.")
        Optional<String> defaultAppProtocol,
    @Setting(
            description =
                "What vouches for this interface towards its clients. Without it the interface"
                    + " serves plain bytes.",
            defaultValue = "{ authority: unsecured }")
        Endorsement endorsement,
    @Setting(
            description =
                "How many connections are served. Further ones are admitted as capped: the protocol refuses"
                    + " them in its own words, such as HTTP's 503.",
            defaultValue = "1000",
            min = "0")
        int maxOpenSessionsSoft,
    @Setting(
            description =
                "How many connections are admitted, the capped ones included. Further ones are closed before"
                    + " any TLS. One counts until its session has heard of its end. Not below"
                    + " `max_open_sessions_soft`.",
            defaultValue = "1010",
            min = "1")
        int maxOpenSessionsHard,
    @Setting(
            description =
                "Whether clients are asked for a certificate. `request` hands whatever comes to the"
                    + " session unchecked; `require` lets in only those that `trusted_ca_file`"
                    + " vouches for.",
            defaultValue = "request")
        ClientAuthentication clientAuthentication,
    @Setting(
            description =
                "PEM file with the certificates that vouch for clients. To be given with"
                    + " `client_authentication: require`, and only then.")
        Optional<Path> trustedCaFile,
    @Setting(
            description =
                "The protocol's own settings, see its documentation. Of several protocols: a section"
                    + " for each under its name.")
        Optional<MapNode> protocolConfig,
    @Setting(
            description =
                "The applications that answer requests here, by their names. Without it all but"
                    + " `node`.")
        Optional<List<String>> handlers,
    @Setting(
            description = "What is taken from HTTP clients, whatever the version.",
            defaultValue = "{}")
        HttpConfiguration httpConfiguration,
    @Setting(
            description = "What is special about datagrams; with `protocol: udp`, and only then.",
            defaultValue = "{}")
        DatagramConfiguration datagramConfiguration,
    @Setting(
            description = "Takes the place of the node's `idle_connection_timeout` here.",
            min = "100ms")
        Optional<Duration> idleConnectionTimeout,
    @Setting(
            description =
                "A connection is closed when its TLS handshake takes longer than this. Without TLS,"
                    + " where several protocols share the port: how long a client's first bytes may"
                    + " leave open which it speaks.",
            defaultValue = "10s",
            min = "100ms")
        Duration handshakeTimeout,
    @Setting(
            description =
                "A connection that is not writable, see `outbound_high_mark`, is closed when its peer"
                    + " has taken no byte for this long.",
            defaultValue = "30s",
            min = "100ms")
        Duration slowConsumerTimeout,
    @Setting(
            description =
                "With more than this queued to its peer a connection is not writable, until half of it is"
                    + " left: sessions are told to hold back.",
            defaultValue = "256KB",
            min = "1KB",
            max = "1GB")
        ByteSize outboundHighMark,
    @Setting(
            description =
                "With this much queued to its peer a connection is closed at once. A single write"
                    + " is measured against what was queued before it. Not below"
                    + " `outbound_high_mark`.",
            defaultValue = "16MB",
            min = "1KB")
        ByteSize outboundConnectionLimit,
    @Setting(
            description =
                "How long a closed connection waits for its peer to read the last bytes and to close its"
                    + " side.",
            defaultValue = "5s")
        Duration lingerTimeout,
    @Setting(
            description =
                "How many connections the kernel holds until the node accepts them; the kernel's"
                    + " own bound (`net.core.somaxconn`) applies too.",
            defaultValue = "1024",
            min = "1",
            max = "65535")
        int listenBacklog) {

  /**
   * Which protocol serves clients that do not tell.
   *
   * @return one of {@code appProtocol}
   */
  public String defaultProtocol() {
    return defaultAppProtocol.orElseGet(() -> appProtocol.get(appProtocol.size() - 1));
  }

  /**
   * Where a protocol stands in the configuration.
   *
   * @param path the interface's
   * @param index into {@code appProtocol}
   * @return as errors name it
   */
  public KeyPath protocolPath(KeyPath path, int index) {
    KeyPath key = path.key("app_protocol");
    return appProtocol.size() == 1 ? key : key.index(index);
  }
}
