// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.TlsInfo;
import dev.sluice.api.Transport;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.rpc.RpcMap;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Everything that is fixed when an in-memory connection is made. */
record ConnectionOptions(
    long id,
    CustomProtocolSubsystem protocol,
    @Nullable Record settings,
    RpcMap rpc,
    OutboundConnector outbound,
    Transport transport,
    @Nullable TlsInfo tls,
    boolean capped,
    int highMark,
    int hardMark,
    int inboundBudget,
    @Nullable Duration idleTimeout) {}
