// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.api.ByteSize;
import dev.sluice.api.Setting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Whether an operator may record sessions, and how much of them. */
public record CaptureConfiguration(
    @Setting(
            description =
                "The folder for captures. Without it nothing can be recorded. It has to exist; files in it can be read by"
                    + " the node's own user alone, and nobody but you removes them.")
        Optional<Path> directory,
    @Setting(
            description = "How large a capture may become. It ends there.",
            defaultValue = "64MB",
            min = "4KB",
            max = "64GB")
        ByteSize maxBytes,
    @Setting(
            description =
                "How many connections a capture may record. It ends with the last of them.",
            defaultValue = "100",
            min = "1",
            max = "100000")
        int maxConnections,
    @Setting(
            description = "How long a capture may last.",
            defaultValue = "10m",
            min = "1s",
            max = "24h")
        Duration maxTime,
    @Setting(
            description =
                "Bytes of a capture that may wait for the disk. What comes beyond is not recorded, and"
                    + " counted: sessions never wait for a capture.",
            defaultValue = "8MB",
            min = "64KB",
            max = "1GB")
        ByteSize queueLimit,
    @Setting(
            description = "How many captures may be under way at once.",
            defaultValue = "2",
            min = "1",
            max = "16")
        int maxRunning) {}
