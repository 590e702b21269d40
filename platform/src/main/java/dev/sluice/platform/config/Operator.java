// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.api.Setting;
import java.util.List;

/** Who may ask the operator's handler, which answers on interfaces whose `handlers` name `node`. */
public record Operator(
    @Setting(
            description =
                "Host names that the node goes by. Requests under another name are refused, since a foreign"
                    + " page may have led a browser here by it; addresses, `localhost` and the names in"
                    + " `bind_address` are always taken, and probes and metrics answer to any name.",
            defaultValue = "[]")
        List<String> allowedHosts,
    @Setting(
            description =
                "Subjects of client certificates, such as `CN=anna,O=Example`. With it nobody else is answered, and"
                    + " every interface that names `node` must have `client_authentication: require`.",
            defaultValue = "[]")
        List<String> allowedClients,
    @Setting(
            description = "Recording of sessions, see `captures.md`; off without a directory.",
            defaultValue = "{}")
        CaptureConfiguration captures) {}
