package ${package};

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.auto.service.AutoService;
import dev.sluice.api.rpc.ApplicationContext;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.EndpointCall;
import dev.sluice.protocol.http.EndpointHandler;
import dev.sluice.protocol.http.Endpoints;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps notes in memory. There is one of it in a node; requests run at the same time. */
@AutoService(RpcHandler.class)
public final class Notes extends EndpointHandler {

  private final Map<String, String> notes = new ConcurrentHashMap<>();
  private int maxNotes;

  /** For the node. */
  public Notes() {
    super("notes", "/notes");
  }

  @Override
  public Optional<Class<? extends Record>> settingsType() {
    return Optional.of(NotesSettings.class);
  }

  @Override
  protected void init(ApplicationContext context) {
    maxNotes = context.settings(NotesSettings.class).maxNotes();
  }

  @Override
  protected void endpoints(Endpoints to) {
    to.get("/notes/{name}", this::read)
        .put("/notes/{name}", this::write)
        .delete("/notes/{name}", this::remove);
  }

  private void read(EndpointCall call) {
    String note = notes.get(call.parameter("name"));
    call.respond(note == null ? RpcResponse.of(404) : RpcResponse.text(note));
  }

  /** The body comes as a whole; one that is longer than the interface allows is answered with 413. */
  private void write(EndpointCall call) {
    call.request().receiveWhole(body -> keep(call, body.toString(UTF_8)));
  }

  private void keep(EndpointCall call, String note) {
    String name = call.parameter("name");
    if (notes.size() >= maxNotes && !notes.containsKey(name)) {
      call.respond(RpcResponse.of(507)); // a few more may come at the same moment
      return;
    }
    call.respond(RpcResponse.of(notes.put(name, note) == null ? 201 : 204));
  }

  private void remove(EndpointCall call) {
    call.respond(RpcResponse.of(notes.remove(call.parameter("name")) == null ? 404 : 204));
  }
}
