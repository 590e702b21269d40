// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http.FieldBlock;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FieldLinesTest {

  private static final int FIELDS = 40;

  /** A head may come in one piece, in two at any line, or each line by itself. */
  @Test
  void piecesMakeNoDifference() throws HttpRefusal {
    List<String> lines = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < FIELDS; i++) {
      lines.add("X-Field-" + i + ":  value " + i + " \u00e9\t");
      expected.add("X-Field-" + i + ": value " + i + " \u00e9");
    }
    for (int cut = 0; cut <= FIELDS; cut++) {
      FieldLines reader = reader();
      addAll(reader, lines.subList(0, cut));
      addAll(reader, lines.subList(cut, FIELDS));
      assertThat(texts(reader.take())).isEqualTo(expected);
    }
    FieldLines reader = reader();
    for (String line : lines) {
      addAll(reader, List.of(line));
    }
    assertThat(texts(reader.take())).isEqualTo(expected);
    addAll(reader, List.of("last: 1"));
    assertThat(texts(reader.take()))
        .as("nothing is left of the head before")
        .containsExactly("last: 1");
    assertThat(reader.take().size()).isZero();
  }

  @Test
  void fieldsAreFoundInAnyCase() throws HttpRefusal {
    FieldLines reader = reader();
    addAll(
        reader, List.of("Host: a", "ACCEPT:", "accept: x", "Hos: b", "H@st2: c".replace('@', 'o')));
    FieldBlock fields = reader.take();
    assertThat(fields.first("hOST")).contains("a");
    assertThat(fields.all("Accept")).containsExactly("", "x");
    assertThat(fields.first("hostt")).isEmpty();
    assertThat(fields.all("no")).isEmpty();
    assertThat(fields.size()).isEqualTo(5);
    assertThat(fields.hasValue(0, "a")).isTrue();
    assertThat(fields.hasValue(0, "A")).isFalse();
    assertThat(fields.hasValue(0, "ab")).isFalse();
  }

  private static FieldLines reader() {
    return new FieldLines(HttpConfiguration.defaults(), HttpProblem.INVALID_HEADER);
  }

  private static void addAll(FieldLines to, List<String> lines) throws HttpRefusal {
    byte[] piece = String.join("\r\n", lines).getBytes(StandardCharsets.ISO_8859_1);
    int from = 0;
    for (String line : lines) {
      to.add(piece, from, from + line.length());
      from += line.length() + 2;
    }
  }

  private static List<String> texts(FieldBlock fields) {
    List<String> texts = new ArrayList<>();
    fields.forEach((name, value) -> texts.add(name + ": " + value));
    return texts;
  }
}
