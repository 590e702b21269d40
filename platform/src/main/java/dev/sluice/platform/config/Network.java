// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.api.Setting;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
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
        Map<String, RpcInterface> rpcInterfaces) {

  Network resolve(Path base) {
    Map<String, RpcInterface> resolved = new LinkedHashMap<>();
    rpcInterfaces.forEach((name, rpcInterface) -> resolved.put(name, rpcInterface.resolve(base)));
    return new Network(Collections.unmodifiableMap(resolved));
  }
}
