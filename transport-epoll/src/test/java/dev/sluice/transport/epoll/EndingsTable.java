// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The table of {@code docs/endings.md}: what happened, by its code, and for each transport what
 * comes of it.
 */
final class EndingsTable {

  /** In a cell: that can't happen there. */
  static final String NEVER = "—";

  private static final String FIRST = "row";

  /** By code, then by the head of the column. */
  private final Map<String, Map<String, String>> rows = new LinkedHashMap<>();

  private EndingsTable() {}

  /** Reads the one table whose first column is named {@code row}. */
  static EndingsTable read(Path page) throws IOException {
    EndingsTable table = new EndingsTable();
    List<String> heads = List.of();
    for (String line : Files.readAllLines(page)) {
      if (!line.startsWith("|")) {
        heads = List.of();
        continue;
      }
      List<String> cells = cells(line);
      if (cells.get(0).equals(FIRST)) {
        heads = cells;
      } else if (!heads.isEmpty() && !cells.get(0).startsWith("--")) {
        table.add(heads, cells);
      }
    }
    if (table.rows.isEmpty()) {
      throw new IOException(page + " has no table of endings");
    }
    return table;
  }

  private static List<String> cells(String line) {
    List<String> cells = new ArrayList<>();
    for (String cell : line.substring(1, line.lastIndexOf('|')).split("\\|", -1)) {
      cells.add(cell.strip().replace("`", ""));
    }
    return cells;
  }

  private void add(List<String> heads, List<String> cells) throws IOException {
    if (cells.size() != heads.size()) {
      throw new IOException("the row of " + cells.get(0) + " has " + cells.size() + " cells");
    }
    Map<String, String> row = new LinkedHashMap<>();
    for (int i = 2; i < heads.size(); i++) {
      row.put(heads.get(i), cells.get(i));
    }
    if (rows.put(cells.get(0), row) != null) {
      throw new IOException("two rows of " + cells.get(0));
    }
  }

  /** The codes of all rows, in their order. */
  List<String> rows() {
    return List.copyOf(rows.keySet());
  }

  /** Without the marks of code; {@link #NEVER} where it can't happen. */
  String cell(String row, String column) {
    Map<String, String> cells = rows.get(row);
    if (cells == null || !cells.containsKey(column)) {
      throw new IllegalArgumentException("no cell for " + row + " and " + column);
    }
    return cells.get(column);
  }
}
