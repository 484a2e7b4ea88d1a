package io.rack72.calibration;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A file of comma-separated values with a header, as RFC 4180 has them, a row on each line. */
final class CsvTable {
  private static final int MAX_ROWS = 1_000_000;
  private static final int MAX_LINE = 1 << 16;

  private CsvTable() {}

  /**
   * Reads all rows.
   *
   * @throws TableException naming what is wrong, and where
   */
  static List<Row> read(Path file) {
    String name = String.valueOf(file.getFileName());
    List<Row> rows = new ArrayList<>();
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      String header = reader.readLine();
      if (header == null) {
        throw new TableException(name + " is empty, without a header");
      }
      Map<String, Integer> columns = new HashMap<>();
      for (String column : cells(name, 1, header)) {
        columns.put(column, columns.size());
      }
      int number = 1;
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        if (line.isBlank()) {
          continue;
        }
        List<String> cells = cells(name, number, line);
        if (cells.size() != columns.size()) {
          throw new TableException(
              "%s:%d has %d values where the header has %d"
                  .formatted(name, number, cells.size(), columns.size()));
        }
        if (rows.size() == MAX_ROWS) {
          throw new TableException(name + " has more than " + MAX_ROWS + " rows");
        }
        rows.add(new Row(name, number, columns, cells));
      }
    } catch (IOException | UncheckedIOException e) {
      throw new TableException("cannot read " + file + ": " + e.getMessage(), e);
    }
    return rows;
  }

  private static List<String> cells(String name, int number, String line) {
    if (line.length() > MAX_LINE) {
      throw new TableException(
          "%s:%d has more than %d characters".formatted(name, number, MAX_LINE));
    }
    List<String> cells = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      char character = line.charAt(i);
      if (character == '"') {
        if (quoted && i + 1 < line.length() && line.charAt(i + 1) == '"') {
          cell.append('"');
          i++;
        } else {
          quoted = !quoted;
        }
      } else if (character == ',' && !quoted) {
        cells.add(cell.toString().strip());
        cell.setLength(0);
      } else {
        cell.append(character);
      }
    }
    if (quoted) {
      throw new TableException(
          "%s:%d has a quotation mark that nothing closes".formatted(name, number));
    }
    cells.add(cell.toString().strip());
    return cells;
  }

  /** A line. */
  static final class Row {
    private final String file;
    private final int line;
    private final Map<String, Integer> columns;
    private final List<String> cells;

    Row(String file, int line, Map<String, Integer> columns, List<String> cells) {
      this.file = file;
      this.line = line;
      this.columns = columns;
      this.cells = cells;
    }

    /** What stands in a column. */
    String text(String column) {
      Integer index = columns.get(column);
      if (index == null) {
        throw new TableException("%s has no column %s".formatted(file, column));
      }
      return cells.get(index);
    }

    /** A number of at least 0. */
    double number(String column) {
      String text = text(column);
      double number;
      try {
        number = Double.parseDouble(text);
      } catch (NumberFormatException e) {
        throw wrong(column, "a number of at least 0", e);
      }
      if (!(number >= 0 && number < Double.POSITIVE_INFINITY)) {
        throw wrong(column, "a number of at least 0", null);
      }
      return number;
    }

    /** A number above 0. */
    double positive(String column) {
      double number = number(column);
      if (number == 0) {
        throw wrong(column, "above 0", null);
      }
      return number;
    }

    /** A whole number of at least 0. */
    int whole(String column) {
      double number = number(column);
      if (number != Math.rint(number) || number > Integer.MAX_VALUE) {
        throw wrong(column, "a whole number below 2^31", null);
      }
      return (int) number;
    }

    /** A whole number of at least 1. */
    int count(String column) {
      int count = whole(column);
      if (count == 0) {
        throw wrong(column, "1 at least", null);
      }
      return count;
    }

    /** What to throw for a value that is not as expected. */
    TableException wrong(String column, String expected, Throwable cause) {
      return new TableException(
          "%s:%d: %s is %s, not '%s'".formatted(file, line, column, expected, text(column)), cause);
    }

    /** What to throw for a line that makes no sense as a whole. */
    TableException wrong(String sentence) {
      return new TableException("%s:%d: %s".formatted(file, line, sentence));
    }
  }
}
