package ${package};

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.testkit.ConversationScript;
import dev.sluice.testkit.SessionContract;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/** Every rule that a protocol has to keep, tried on one conversation. In memory, without a socket. */
class DigestsContractTest extends SessionContract {

  static byte[] message(byte[] content) {
    return ByteBuffer.allocate(4 + content.length).putInt(content.length).put(content).array();
  }

  static byte[] answer(String text) {
    try {
      return message(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Override
  protected CustomProtocolSubsystem protocol() {
    return new Digests();
  }

  @Override
  protected ConversationScript script() {
    return ConversationScript.builder()
        .send(message("hello".getBytes(UTF_8)))
        .expect(answer("hello"))
        .send(message(new byte[0]))
        .expect(answer(""))
        .build();
  }
}
