// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.Transport;
import dev.sluice.capture.CaptureRecord;
import dev.sluice.capture.CaptureRecord.Bytes;
import dev.sluice.capture.CaptureRecord.Ended;
import dev.sluice.capture.CaptureRecord.Event;
import dev.sluice.capture.CaptureRecord.Header;
import dev.sluice.capture.CaptureRecord.Lost;
import dev.sluice.capture.CaptureRecord.Opened;
import dev.sluice.capture.CaptureRecord.ProtocolUsed;
import dev.sluice.capture.CaptureRecord.Way;
import dev.sluice.capture.CaptureRecord.What;
import dev.sluice.capture.CaptureWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node has recorded is said again, in the same steps. */
class CapturedScriptTest {

  private static final long MILLI = 1_000_000;

  @TempDir Path folder;

  private final List<CaptureRecord> records = new ArrayList<>();
  private int files;

  private Path file() throws Exception {
    Path file = folder.resolve("capture-" + files++);
    try (CaptureWriter writer =
        CaptureWriter.create(file, new Header(Instant.EPOCH, "lines", "0.1.0"))) {
      writer.write(new ProtocolUsed(0, "LINES", "lines.jar", "1", ""));
      for (CaptureRecord record : records) {
        writer.write(record);
      }
    }
    return file;
  }

  private void open(long id, Transport transport) {
    records.add(new Opened(0, id, 0, transport, false, null, null, Optional.empty()));
  }

  private void bytes(long millis, long id, Way way, String text) {
    records.add(new Bytes(millis * MILLI, id, way, false, text.getBytes(US_ASCII)));
  }

  private void session(long id) {
    open(id, Transport.TCP);
    bytes(0, id, Way.WRITTEN, "hello\n");
    bytes(1, id, Way.DELIVERED, "o");
    bytes(2, id, Way.DELIVERED, "ne\n");
    bytes(3, id, Way.WRITTEN, "One\n");
    bytes(9, id, Way.DELIVERED, "two\n");
    bytes(509, id, Way.WRITTEN, "Two\n");
    records.add(new Event(600 * MILLI, id, What.INPUT_ENDED, 0));
    records.add(new Ended(600 * MILLI, id, "peer_closed", "PEER", "", ""));
  }

  @Test
  void anExchangeEndsWhereAnAnswerIsFollowedByInput() throws Exception {
    session(7);

    ConversationScript script = ConversationScript.fromCapture(file());

    assertThat(script.exchanges()).extracting(one -> one.send()).containsExactly("one\n", "two\n");
    assertThat(script.answers(0).are("hello\n")).isTrue();
    assertThat(script.answers(1).are("hello\nOne\n")).isTrue();
    assertThat(script.answers(2).are("hello\nOne\nTwo\n")).isTrue();
    assertThat(script.exchanges().get(0).pause()).isZero();
    assertThat(script.exchanges().get(1).pause()).isEqualTo(Duration.ofMillis(501));
    assertThat(script.serverCloses()).isFalse();
  }

  @Test
  void aSessionThatEndedByItselfDoesSoAgain() throws Exception {
    open(7, Transport.TCP);
    bytes(1, 7, Way.DELIVERED, "quit\n");
    records.add(new Ended(2, 7, "session_closed", "SESSION", "", ""));

    assertThat(ConversationScript.fromCapture(file()).serverCloses()).isTrue();
  }

  @Test
  void ofSeveralSessionsOneIsChosen() throws Exception {
    session(7);
    session(9);
    Path file = file();

    assertThat(ConversationScript.fromCapture(file, 9).exchanges()).hasSize(2);
    assertThat(ConversationScript.builderFromCapture(file, 9).stepwise().build().stepwise())
        .isTrue();
    assertThatThrownBy(() -> ConversationScript.fromCapture(file))
        .hasMessage(file + " has 2 sessions, say which: [7, 9]");
    assertThatThrownBy(() -> ConversationScript.fromCapture(file, 8))
        .hasMessage("there is no session 8 in " + file);
  }

  @Test
  void whatCantBeSaidAgainIsRefused() throws Exception {
    open(7, Transport.UDP);
    Path datagrams = file();
    records.clear();
    open(8, Transport.TCP);
    records.add(new Lost(1, 8, 1, 10));
    Path gaps = file();

    assertThatThrownBy(() -> ConversationScript.fromCapture(datagrams))
        .hasMessageContaining("one of datagrams");
    assertThatThrownBy(() -> ConversationScript.fromCapture(gaps))
        .hasMessageContaining("parts of session 8 were not recorded");
  }

  @Test
  void wrongAnswersArePutRight() throws Exception {
    session(7);
    ConversationScript script = ConversationScript.fromCapture(file());

    assertThat(script.replacing("One", "1").answers(2).are("hello\n1\nTwo\n")).isTrue();
    assertThat(script.replacing("hello", "hi").answers(0).are("hi\n")).isTrue();
    assertThatThrownBy(() -> script.replacing("three", "3"))
        .hasMessage("nowhere among the answers: \"three\"");
  }
}
