// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HandoffTest {

  private final ManualLoop loop = new ManualLoop();
  private final List<String> ran = new ArrayList<>();
  private final ListeningOwner owner =
      new ListeningOwner() {
        @Override
        void flushWritten() {
          ran.add("afterwards");
        }
      };
  private final Handoff handoff = new Handoff(loop, owner);

  private boolean push(String name, Runnable then) {
    return handoff.push(
        new Handoff.Operation() {
          @Override
          void run() {
            ran.add(name);
            then.run();
          }
        });
  }

  private boolean push(String name) {
    return push(name, () -> {});
  }

  @Test
  void aBurstRunsInItsOrderAtOneWakeUp() {
    push("1");
    push("2");
    push("3");
    assertThat(handoff.waiting()).isTrue();

    loop.runAll();

    assertThat(ran).containsExactly("1", "2", "3", "afterwards");
    assertThat(handoff.waiting()).isFalse();
  }

  @Test
  void aDrainWithinAnOperationKeepsTheOrder() {
    push(
        "1",
        () -> {
          push("4");
          handoff.drain();
          ran.add("1 ends");
        });
    push("2");
    push("3");

    handoff.drain();

    assertThat(ran).containsExactly("1", "2", "3", "4", "1 ends");
  }

  @Test
  void drainsWithinDrainsLoseNothing() {
    push(
        "1",
        () -> {
          push(
              "3",
              () -> {
                push("4");
                handoff.drain();
              });
          handoff.drain();
        });
    push("2");

    loop.runAll();

    assertThat(ran).startsWith("1", "2", "3", "4").contains("afterwards");
    assertThat(handoff.waiting()).isFalse();
  }

  @Test
  void anOperationThatThrowsKeepsNobodyBack() {
    IllegalStateException thrown = new IllegalStateException("1");
    push(
        "1",
        () -> {
          throw thrown;
        });
    push("2");

    loop.runAll();

    assertThat(ran).containsExactly("1", "2", "afterwards");
    assertThat(owner.failures).containsExactly(thrown);
  }

  @Test
  void aCloseRunsWhatWaitsAndTakesNoMore() {
    List<Boolean> taken = new ArrayList<>();
    push("1", () -> taken.add(push("3")));
    push("2");

    handoff.close();

    assertThat(ran).containsExactly("1", "2");
    assertThat(taken).containsExactly(false);
    assertThat(push("4")).isFalse();
    handoff.drain();
    handoff.close();
    assertThat(ran).containsExactly("1", "2");
    assertThat(handoff.waiting()).isFalse();
  }
}
