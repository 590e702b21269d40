package ${package};

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.testkit.InMemoryConnection;
import dev.sluice.testkit.InMemoryPlatform;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The protocol on a node in memory: no socket, no waiting, and every broken rule is noted. */
class DirectoryTest {

  private static String answer(String question) {
    DirectorySettings settings = new DirectorySettings(Map.of("printer", "10.0.0.7"));
    try (InMemoryPlatform platform = new InMemoryPlatform(new Directory()).settings(settings)) {
      InMemoryConnection peer = platform.connect();
      peer.feed(question);
      assertEquals(List.of(), peer.violations());
      return peer.receivedText();
    }
  }

  @Test
  void aNameIsAnswered() {
    assertEquals("10.0.0.7\n", answer("printer"));
    assertEquals("10.0.0.7\n", answer("printer\n"));
  }

  @Test
  void whatIsUnknownIsNotAnswered() {
    assertEquals("", answer("scanner"));
    assertEquals("", answer(""));
  }
}
