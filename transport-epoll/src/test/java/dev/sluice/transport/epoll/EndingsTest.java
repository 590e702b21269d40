// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testkit.EndingsTable;
import dev.sluice.transport.epoll.AnyClient.Wire;
import java.io.IOException;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of endings tells the truth, cell by cell. */
class EndingsTest {

  static Stream<Arguments> cells() throws IOException {
    EndingsTable table = EndingsTable.read(EndingsTable.PAGE);
    return Arrays.stream(Wire.values())
        .flatMap(wire -> table.rows(wire.name()).stream().map(row -> Arguments.of(row, wire)));
  }

  @Test
  void everyRowIsPlayedWhereItCanHappenAndNothingElseIs() throws Exception {
    EndingsTable table = EndingsTable.read(EndingsTable.PAGE);
    assertThat(EndingScenarios.byRow().keySet()).containsExactlyInAnyOrderElementsOf(table.rows());
    for (String row : table.rows()) {
      Set<Wire> filled =
          Arrays.stream(Wire.values())
              .filter(wire -> table.rows(wire.name()).contains(row))
              .collect(Collectors.toSet());
      assertThat(filled).as(row).isEqualTo(EndingScenarios.byRow().get(row).wires());
    }
  }

  @ParameterizedTest
  @MethodSource("cells")
  void aCellIsWhatHappens(String row, Wire wire) throws Exception {
    try (EndingStage stage = new EndingStage(wire)) {
      EndingScenarios.byRow().get(row).play().on(stage);
      assertThat(stage.outcome())
          .isEqualTo(EndingsTable.read(EndingsTable.PAGE).cell(row, wire.name()));
    }
  }
}
