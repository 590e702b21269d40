package ${package};

import dev.sluice.api.ByteSize;
import dev.sluice.api.Setting;

/** What stands under protocol_config, in snake_case. It is checked before the node starts. */
public record DigestsSettings(
    @Setting(description = "The longest message.", defaultValue = "64KB", min = "1B", max = "1MB")
        ByteSize maxMessageSize) {}
