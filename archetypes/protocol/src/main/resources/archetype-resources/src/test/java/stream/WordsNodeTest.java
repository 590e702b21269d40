package ${package};

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.nodetest.SluiceNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.Socket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The protocol on a real node: sockets, TLS, limits and all. */
class WordsNodeTest {

  @RegisterExtension
  static final SluiceNode node = SluiceNode.with(new Words()).settings("max_line_length: 32B").tls();

  private static String ask(Socket socket, String line) throws Exception {
    socket.getOutputStream().write((line + "\n").getBytes(UTF_8));
    return new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8)).readLine();
  }

  @Test
  void linesAreAnswered() throws Exception {
    try (Socket socket = node.connect()) {
      assertEquals("HELLO", ask(socket, "upper hello"));
      assertEquals("bye", ask(socket, "quit"));
      assertEquals(-1, socket.getInputStream().read());
    }
  }

  @Test
  void tlsChangesNothing() throws Exception {
    try (Socket socket = node.connectTls()) {
      assertEquals("3", ask(socket, "count one two three"));
    }
  }

  @Test
  void aLineThatIsTooLongEndsTheConnection() throws Exception {
    try (Socket socket = node.connect()) {
      socket.getOutputStream().write("x".repeat(100).getBytes(UTF_8));
      assertEquals(-1, socket.getInputStream().read());
    }
  }
}
