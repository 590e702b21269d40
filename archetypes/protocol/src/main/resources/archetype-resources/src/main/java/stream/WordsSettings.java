package ${package};

import dev.sluice.api.ByteSize;
import dev.sluice.api.Setting;

/** What stands under protocol_config, in snake_case. It is checked before the node starts. */
public record WordsSettings(
    @Setting(description = "The longest line.", defaultValue = "1KB", min = "16B", max = "64KB")
        ByteSize maxLineLength) {}
