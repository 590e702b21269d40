package ${package};

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.api.ConnId;
import dev.sluice.api.PlaintextSession;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.Locale;

/** One connection: a line in, a line out. Calls into it never overlap. */
final class WordsSession extends PlaintextSession {

  private final int maxLineLength;

  WordsSession(ConnId id, SessionWriter writer, WordsSettings settings) {
    super(id, writer, settings.maxLineLength().toIntSaturated());
    this.maxLineLength = settings.maxLineLength().toIntSaturated();
  }

  /** Takes one message off the front, or leaves all as it is and is called again with more. */
  @Override
  protected boolean parse(ByteBuf in) {
    int length = in.bytesBefore((byte) '\n');
    if (length < 0) {
      return true; // not whole yet; past the bound PlaintextSession closes
    }
    if (length > maxLineLength) {
      return false; // the peer broke the protocol
    }
    String line = in.toString(in.readerIndex(), length, UTF_8);
    in.skipBytes(length + 1);
    answer(line);
    return true;
  }

  private void answer(String line) {
    int space = line.indexOf(' ');
    String command = space < 0 ? line : line.substring(0, space);
    String text = space < 0 ? "" : line.substring(space + 1);
    switch (command) {
      case "upper" -> say(text.toUpperCase(Locale.ROOT));
      case "reverse" -> say(new StringBuilder(text).reverse().toString());
      case "count" -> say(String.valueOf(text.isBlank() ? 0 : text.strip().split("\\s+").length));
      case "quit" -> {
        say("bye");
        close(); // what was sent goes out first
      }
      default -> {
        context().count("unknown_command"); // shows in the node's metrics
        say("error: upper, reverse, count or quit");
      }
    }
  }

  private void say(String text) {
    send(ByteBufUtil.writeUtf8(context().allocator(), text + "\n"));
  }

  /** A peer that does not read its answers is not read from either. */
  @Override
  public void writabilityChanged(boolean writable) {
    if (writable) {
      writer().resumeReads(id());
    } else {
      writer().pauseReads(id());
    }
  }
}
