// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuggestionTest {

  private static final List<String> KNOWN = List.of("KVS", "HTTP1", "LINE_ECHO", "MQTT");

  @ParameterizedTest
  @CsvSource({"KVSS, KVS", "kvs, KVS", "HTTP, HTTP1", "http-1, HTTP1", "LINEECHO, LINE_ECHO"})
  void aSlipIsSeenThrough(String typed, String meant) {
    assertThat(Suggestion.of(typed, KNOWN)).contains(meant);
  }

  /** It is another version, and to have that one instead is no help. */
  @ParameterizedTest
  @CsvSource({"HTTP2", "HTTP3", "GOPHER", "SMTP2"})
  void whatIsAnotherNameIsNotGuessedAt(String typed) {
    assertThat(Suggestion.of(typed, KNOWN)).isEmpty();
  }
}
