// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.api.ByteSize;
import dev.sluice.api.Setting;
import dev.sluice.platform.config.ConfigNode.MapNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * All that a node is told: the contents of its configuration file. Made by {@link
 * ConfigurationLoader}, which has checked it as a whole.
 */
public record NodeConfiguration(
    @Setting(description = "What the node listens on.") Network network,
    @Setting(
            description = "Certificates by the name that an interface's `authority` refers to.",
            defaultValue = "{}")
        @MapKeys(pattern = CERTIFICATE, allowed = CERTIFICATE_WORDS)
        Map<String, Certificate> certificates,
    @Setting(
            description = "The applications' own settings by their names, see their documentation.",
            defaultValue = "{}")
        @MapKeys(pattern = APPLICATION, allowed = APPLICATION_WORDS)
        Map<String, MapNode> applications,
    @Setting(
            description =
                "How often the files of certificates and authorities are looked at for changes. What"
                    + " has changed is read once it was found the same twice.",
            defaultValue = "1s",
            min = "50ms")
        Duration certificateCheckInterval,
    @Setting(
            description =
                "A connection is closed when no byte has gone either way for this long. One that owes an answer"
                    + " counts as busy, see `request_timeout`.",
            defaultValue = "60s",
            min = "100ms")
        Duration idleConnectionTimeout,
    @Setting(
            description =
                "Bytes received that sessions have not finished with, on all connections together."
                    + " Above it the node stops reading, and TCP makes the peers wait; datagrams are dropped and counted.",
            defaultValue = "16MB",
            min = "64KB")
        ByteSize inboundQueueLimit,
    @Setting(description = "The same for a single connection.", defaultValue = "1MB", min = "64KB")
        ByteSize inboundConnectionLimit,
    @Setting(
            description =
                "Bytes written by sessions that their peers have not taken yet, on all connections"
                    + " together. Up to half may be answers that wait for the windows of HTTP/2, or"
                    + " for those before them on HTTP/1.1.",
            defaultValue = "128MB",
            min = "1MB")
        ByteSize outboundQueueLimit,
    @Setting(
            description = "How long an answer still owed keeps a connection from being idle.",
            defaultValue = "60s",
            min = "100ms")
        Duration requestTimeout,
    @Setting(
            description =
                "A JSON file that the node writes at start with the addresses it listens on, so"
                    + " that others learn the ports that the system chose.")
        Optional<Path> rpcAddressesFile,
    @Setting(
            description =
                "The folder of the plug-ins; every jar in it is loaded. Without it: `plugins` in the"
                    + " node's own folder.")
        Optional<Path> pluginsDir,
    @Setting(
            description =
                "Threads that do the network's work. Without it: as many as there are processors.",
            min = "1",
            max = "1024")
        Optional<Integer> eventLoopThreads,
    @Setting(
            description = "Threads for the sessions and handlers that may block.",
            defaultValue = "32",
            min = "1",
            max = "4096")
        int workerThreads,
    @Setting(
            description =
                "How long connections may finish what is in hand when the node stops. What is left then is"
                    + " cut off.",
            defaultValue = "30s")
        Duration drainTimeout,
    @Setting(
            description =
                "How long a stopping node reports that it is not ready but still accepts, so that a load"
                    + " balancer can notice.",
            defaultValue = "0s")
        Duration drainDelay,
    @Setting(
            description =
                "How long a connection with nothing in hand stays open when the node drains: a"
                    + " request that is under way to it is answered, as the last one. At most half of"
                    + " `drain_timeout` counts.",
            defaultValue = "1s")
        Duration drainIdleGrace,
    @Setting(
            description =
                "How many records of closed and refused connections the node keeps, see `records.md`;"
                    + " the oldest makes room. With 0 it keeps none.",
            defaultValue = "1024",
            min = "0",
            max = "65536")
        int closeRecords,
    @Setting(
            description =
                "Looks on at the sessions of protocols while they work: what breaks their contract is"
                    + " counted as `contract_…` and told in the log with its stack, see `operations.md`."
                    + " Costs a copy of all that is received.",
            defaultValue = "false")
        boolean strict,
    @Setting(
            description =
                "With `strict`: a connection whose session breaks its contract is broken off.",
            defaultValue = "false")
        boolean strictClose,
    @Setting(description = "Which of Netty's buffer allocators to use.", defaultValue = "adaptive")
        Allocator allocator,
    @Setting(
            description = "Who may use the operator's handler, see `handlers`.",
            defaultValue = "{}")
        Operator operator,
    @Setting(
            description =
                "What protocols and applications may connect to other hosts with, see `authoring.md`.",
            defaultValue = "{}")
        Outbound outbound) {

  static final String NAME = "[A-Za-z0-9_.-]{1,64}";
  static final String NAME_WORDS = "names of 1 to 64 letters, digits, '_', '.' and '-'";

  /** What lists and figures call outbound connections is no interface. */
  static final String INTERFACE = "(?!outbound$)[A-Za-z0-9_.-]{1,64}";

  static final String INTERFACE_WORDS = NAME_WORDS + ", other than outbound";
  static final String APPLICATION = "[a-z0-9_.-]{1,64}";
  static final String APPLICATION_WORDS = "names of 1 to 64 of a-z, 0-9, '_', '.' and '-'";
  static final String CERTIFICATE = "(?!unsecured$)[A-Za-z0-9_.-]{1,64}";
  static final String CERTIFICATE_WORDS = NAME_WORDS + ", other than unsecured";

  /**
   * How many event loops to start.
   *
   * @return as configured, or the number of processors
   */
  public int eventLoopThreadCount() {
    return eventLoopThreads.orElseGet(() -> Runtime.getRuntime().availableProcessors());
  }

  /**
   * When a connection of this interface is idle.
   *
   * @param rpcInterface one of this configuration's
   * @return its own timeout, or else the node's
   */
  public Duration idleConnectionTimeout(RpcInterface rpcInterface) {
    return rpcInterface.idleConnectionTimeout().orElse(idleConnectionTimeout);
  }

  /**
   * When an outbound connection is idle.
   *
   * @return its own timeout, or else the node's
   */
  public Duration outboundIdleTimeout() {
    return outbound.idleConnectionTimeout().orElse(idleConnectionTimeout);
  }
}
