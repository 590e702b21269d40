// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.api.ByteSize;
import dev.sluice.api.Setting;
import java.util.Optional;

/** What is special about an interface whose {@code protocol} is {@code udp}. */
public record DatagramConfiguration(
    @Setting(
            description =
                "The longest datagram, either way. A longer one that arrives is dropped and counted, a"
                    + " longer one that a session writes is refused and counted. IPv4 can carry"
                    + " `65507B`, IPv6 `65527B`.",
            defaultValue = "65507B",
            min = "1B",
            max = "65527B")
        ByteSize maxDatagramSize,
    @Setting(
            description =
                "What the kernel keeps for the node until it is read; the kernel has its own bound"
                    + " (`net.core.rmem_max`) and drops what it has no room for. Without it: the"
                    + " kernel's default.",
            min = "4KB",
            max = "1GB")
        Optional<ByteSize> receiveBuffer,
    @Setting(
            description =
                "What the kernel takes before the network has; its own bound is"
                    + " `net.core.wmem_max`. Without it: the kernel's default.",
            min = "4KB",
            max = "1GB")
        Optional<ByteSize> sendBuffer,
    @Setting(
            description =
                "A peer that has not shown that it is where its datagrams claim is sent at most so"
                    + " many times the bytes that came from it, which leaves forgers little use for"
                    + " the node. The protocol decides what shows it. Without it: no limit.",
            min = "1",
            max = "1000")
        Optional<Integer> amplificationLimit) {}
