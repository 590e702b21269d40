// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.session.bridge.CloseRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The table of {@code docs/endings.md}: what happened, by its code, and for each transport what
 * comes of it. Transports share it to be held against it.
 */
public final class EndingsTable {

  /** Where the table is, for a module beside the documentation. */
  public static final Path PAGE = Path.of("../docs/endings.md");

  /** In a cell: that can't happen there. */
  public static final String NEVER = "—";

  private static final String BETWEEN = " · ";

  private static final String FIRST = "row";

  /** By code, then by the head of the column. */
  private final Map<String, Map<String, String>> rows = new LinkedHashMap<>();

  private EndingsTable() {}

  /** Reads the one table whose first column is named {@code row}. */
  public static EndingsTable read(Path page) throws IOException {
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
  public List<String> rows() {
    return List.copyOf(rows.keySet());
  }

  /** The codes of those that can happen in a column. */
  public List<String> rows(String column) {
    return rows.keySet().stream().filter(row -> !cell(row, column).equals(NEVER)).toList();
  }

  /** Without the marks of code; {@link #NEVER} where it can't happen. */
  public String cell(String row, String column) {
    Map<String, String> cells = rows.get(row);
    if (cells == null || !cells.containsKey(column)) {
      throw new IllegalArgumentException("no cell for " + row + " and " + column);
    }
    return cells.get(column);
  }

  /**
   * What came of a connection, in the words of a cell.
   *
   * @param heard whether there is a session, and it has heard the recorded reason
   * @param peer what the peer saw
   */
  public static String outcome(boolean heard, String peer, CloseRecord record) {
    String reason = heard ? record.reason() : "(" + record.reason() + ")";
    String limit = record.limit().map(key -> " " + key).orElse("");
    return reason + BETWEEN + peer + BETWEEN + record.closedBy() + limit;
  }
}
