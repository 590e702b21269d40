package ${package};

import dev.sluice.api.Setting;
import java.util.Map;

/** What stands under protocol_config. It is checked before the node starts. */
public record DirectorySettings(
    @Setting(description = "What is answered, by the name that is asked for.")
        Map<String, String> entries) {}
