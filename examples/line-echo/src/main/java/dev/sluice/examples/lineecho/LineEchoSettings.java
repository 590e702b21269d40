// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.lineecho;

import dev.sluice.api.ByteSize;
import dev.sluice.api.Setting;

/**
 * What an interface's {@code protocol_config} may say.
 *
 * @param maxLineLength the longest line that is echoed, without its {@code \n}
 */
public record LineEchoSettings(
    @Setting(
            description = "The longest line that is echoed; a longer one ends the connection.",
            defaultValue = "8KB",
            min = "1B",
            max = "1MB")
        ByteSize maxLineLength) {}
