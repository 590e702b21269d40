package ${package};

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.nodetest.SluiceNode;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The protocol on a real node. */
class DirectoryNodeTest {

  @RegisterExtension
  static final SluiceNode node =
      SluiceNode.with(new Directory()).settings("entries: { printer: 10.0.0.7 }");

  @Test
  void aNameIsAnswered() throws Exception {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.setSoTimeout(10_000);
      byte[] question = "printer".getBytes(UTF_8);
      socket.send(new DatagramPacket(question, question.length, node.udpAddress()));
      DatagramPacket answer = new DatagramPacket(new byte[100], 100);
      socket.receive(answer);
      assertEquals("10.0.0.7\n", new String(answer.getData(), 0, answer.getLength(), UTF_8));
    }
  }
}
