package ${package};

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.nodetest.SluiceNode;
import java.net.Socket;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The protocol on a real node: sockets, TLS, limits and all. */
class DigestsNodeTest {

  @RegisterExtension
  static final SluiceNode node =
      SluiceNode.with(new Digests()).settings("max_message_size: 1KB").tls();

  @Test
  void aMessageIsAnsweredOverTls() throws Exception {
    try (Socket socket = node.connectTls()) {
      socket.getOutputStream().write(DigestsContractTest.message("hello".getBytes(UTF_8)));
      assertArrayEquals(
          DigestsContractTest.answer("hello"), socket.getInputStream().readNBytes(4 + 32));
    }
  }

  @Test
  void aMessageThatIsTooLongEndsTheConnection() throws Exception {
    try (Socket socket = node.connect()) {
      socket.getOutputStream().write(ByteBuffer.allocate(4).putInt(1 << 20).array());
      assertEquals(-1, socket.getInputStream().read());
    }
  }
}
