package ${package};

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.api.ConnId;
import dev.sluice.api.Session;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/** One peer: a name in, its entry out. Calls into it never overlap. */
final class DirectorySession implements Session {

  private final ConnId id;
  private final SessionWriter writer;
  private final SessionContext context;
  private final DirectorySettings settings;

  DirectorySession(ConnId id, SessionWriter writer, DirectorySettings settings) {
    this.id = id;
    this.writer = writer;
    this.context = writer.context(id);
    this.settings = settings;
  }

  /** One whole datagram. */
  @Override
  public void handleIncomingData(ByteBuf data) {
    String found = settings.entries().get(data.toString(UTF_8).strip());
    if (found == null) {
      // An address can be forged: who asks for nothing that we have gets no answer to pass on.
      context.count("unknown_name");
    } else {
      writer.writeOutbound(id, ByteBufUtil.writeUtf8(context.allocator(), found + "\n"));
    }
    writer.closeSocket(id); // nothing is kept of a peer; its next question begins anew
  }

  @Override
  public boolean sendData(ByteBuf data) {
    return writer.writeOutbound(id, data.retain());
  }

  @Override
  public void closeSession() {
    writer.closeSocket(id);
  }
}
