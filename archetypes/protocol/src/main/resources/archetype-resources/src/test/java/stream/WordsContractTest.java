package ${package};

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.testkit.ConversationScript;
import dev.sluice.testkit.SessionContract;

/** Every rule that a protocol has to keep, tried on one conversation. In memory, without a socket. */
class WordsContractTest extends SessionContract {

  @Override
  protected CustomProtocolSubsystem protocol() {
    return new Words();
  }

  @Override
  protected ConversationScript script() {
    return ConversationScript.builder()
        .send("upper hello\n")
        .expect("HELLO\n")
        .send("reverse abc\ncount one two\n")
        .expect("cba\n2\n")
        .send("what\n")
        .expect("error: upper, reverse, count or quit\n")
        .build();
  }
}
