// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Answers that are not those expected are shown from where they differ. */
class AnswersTest {

  @Test
  void aDifferenceShowsItsPlaceAndBothSidesAroundIt() {
    String text = "0123456789".repeat(100);
    Answers answers = Answers.NONE.bytes(text);
    StringBuilder wrong = new StringBuilder(text);
    wrong.setCharAt(517, 'x');

    assertThat(answers.are(text)).isTrue();
    assertThat(answers.are(wrong.toString())).isFalse();
    assertThat(answers.difference(wrong.toString()))
        .contains("1000 bytes came, and byte 517 is the first that differs")
        .contains("expected …\"7890")
        .contains("but got …\"7890")
        .contains("3456x89")
        .hasSizeLessThan(300);
  }

  @Test
  void tooLittleAndTooMuchAreToldApart() {
    Answers answers = Answers.NONE.bytes("hello\n");
    assertThat(answers.difference("hel")).contains("3 bytes came, and then more is expected");
    assertThat(answers.difference("hello\n!")).contains("byte 6 is the first that differs");
  }

  @Test
  void aFormIsNamedWhereItIsNotMet() {
    Answers answers = Answers.NONE.bytes("date: ").form("[0-9]{4}").bytes("\nend\n");
    assertThat(answers.are("date: 2024\nend\n")).isTrue();
    assertThat(answers.beginWith("date: 20")).isTrue();
    assertThat(answers.difference("date: 20x4\nend\n"))
        .contains("byte 8 is the first that differs")
        .contains("expected from byte 6 on the form [0-9]{4}");
    assertThat(answers.difference("date: 2024\nand\n"))
        .contains("byte 11 is the first that differs")
        .contains("expected \"\\nend\\n\"");
  }
}
