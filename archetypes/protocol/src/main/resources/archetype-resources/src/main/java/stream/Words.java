package ${package};

import com.google.auto.service.AutoService;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import java.util.Optional;

/** What a node finds by its name. It makes a session for each connection. */
@AutoService(CustomProtocolSubsystem.class)
public final class Words implements CustomProtocolSubsystem {

  @Override
  public String name() {
    return "WORDS";
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    return new WordsSession(id, writer, writer.context(id).settings(WordsSettings.class));
  }

  @Override
  public Optional<Class<? extends Record>> settingsType() {
    return Optional.of(WordsSettings.class);
  }

  // Nothing here blocks. Leave this out, and calls run on the node's workers, where they may.
  @Override
  public Execution execution() {
    return Execution.EVENT_LOOP;
  }
}
