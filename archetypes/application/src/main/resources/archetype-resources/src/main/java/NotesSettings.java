package ${package};

import dev.sluice.api.Setting;

/** What stands under applications: notes:, in snake_case. It is checked before the node starts. */
public record NotesSettings(
    @Setting(
            description = "How many notes there may be.",
            defaultValue = "1000",
            min = "1",
            max = "1000000")
        int maxNotes) {}
