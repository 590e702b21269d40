// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.testkit.RecordingProtocol.Call;
import dev.sluice.testkit.RecordingSession.Entry;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** What the groups of {@link PlatformContract}'s rules share. */
interface PlatformRules {

  /** The platform under test, new for each rule. */
  PlatformHarness harness();

  /** Where the recording protocol's sessions run. */
  Execution execution();

  default RecordingProtocol protocol() {
    return new RecordingProtocol(execution());
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  default void awaitReceived(RecordingSession session, String text) {
    harness()
        .await(
            "the session has received '" + text + "'",
            () -> new String(session.received(), UTF_8).equals(text));
  }

  /** Waits for the last call, and that it stays the last; answers its reason. */
  default String awaitClosed(RecordingSession session) {
    harness().await("connectionClosed", () -> session.count(Call.CLOSED) > 0);
    harness().settle();
    List<Entry> entries = session.entries();
    Entry last = entries.get(entries.size() - 1);
    assertThat(last.call()).as("last of %s", entries).isEqualTo(Call.CLOSED);
    assertThat(session.count(Call.CLOSED)).as("connectionClosed of %s", entries).isOne();
    assertThat(session.broken()).isEmpty();
    return last.detail();
  }

  default void awaitClosed(RecordingSession session, CloseReason... oneOf) {
    assertThat(awaitClosed(session)).isIn(Arrays.stream(oneOf).map(CloseReason::code).toList());
  }

  /** Opens a connection by a first message and answers its session. */
  default RecordingSession begin(RecordingProtocol protocol, PlatformHarness.Client client) {
    int index = protocol.sessions().size();
    client.send(bytes("."));
    RecordingSession session = protocol.session(harness(), index);
    harness().await("the first pass is over", () -> session.count(Call.INCOMING_COMPLETE) > 0);
    return session;
  }
}
