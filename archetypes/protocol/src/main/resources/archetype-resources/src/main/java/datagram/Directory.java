package ${package};

import com.google.auto.service.AutoService;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.Transport;
import java.util.Optional;
import java.util.Set;

/** What a node finds by its name. It makes a session for each address that datagrams come from. */
@AutoService(CustomProtocolSubsystem.class)
public final class Directory implements CustomProtocolSubsystem {

  @Override
  public String name() {
    return "DIRECTORY";
  }

  @Override
  public Set<Transport> transports() {
    return Set.of(Transport.UDP);
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    return new DirectorySession(id, writer, writer.context(id).settings(DirectorySettings.class));
  }

  @Override
  public Optional<Class<? extends Record>> settingsType() {
    return Optional.of(DirectorySettings.class);
  }

  // Nothing here blocks. Leave this out, and calls run on the node's workers, where they may.
  @Override
  public Execution execution() {
    return Execution.EVENT_LOOP;
  }
}
