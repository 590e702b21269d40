// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.api.Setting;
import java.util.Map;

/** What the node listens on. */
public record Network(
    @Setting(
            description =
                "The interfaces by name. A name stands in logs, metrics and `rpc_addresses_file`.")
        @MapKeys(
            pattern = NodeConfiguration.INTERFACE,
            allowed = NodeConfiguration.INTERFACE_WORDS,
            least = 1)
        Map<String, RpcInterface> rpcInterfaces) {}
