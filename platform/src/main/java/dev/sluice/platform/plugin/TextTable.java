// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import java.util.ArrayList;
import java.util.List;

/** Rows of text in columns as wide as their widest cell; the last column is as long as it likes. */
public final class TextTable {

  private final String indent;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * A table without rows.
   *
   * @param indent what each line begins with
   */
  public TextTable(String indent) {
    this.indent = indent;
  }

  /**
   * Adds a row.
   *
   * @param cells as many as in the other rows
   */
  public void row(String... cells) {
    rows.add(List.of(cells));
  }

  /**
   * The rows so far.
   *
   * @return a line each, without trailing spaces
   */
  public List<String> lines() {
    List<Integer> widths = new ArrayList<>();
    for (List<String> row : rows) {
      for (int column = 0; column < row.size(); column++) {
        if (column == widths.size()) {
          widths.add(0);
        }
        widths.set(column, Math.max(widths.get(column), row.get(column).length()));
      }
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private String line(List<String> row, List<Integer> widths) {
    StringBuilder line = new StringBuilder(indent);
    for (int column = 0; column < row.size(); column++) {
      String cell = row.get(column);
      line.append(cell);
      if (column < row.size() - 1) {
        line.append(" ".repeat(widths.get(column) - cell.length() + 2));
      }
    }
    return line.toString().stripTrailing();
  }
}
