package io.rack72.calibration;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Adds up errors by table, in the order of the first rows, and by system. Not thread-safe. */
final class ErrorTally {
  private static final double PERCENT = 100;

  private static final class Sums {
    private int rows;
    private double absolute;
    private double signed;
  }

  private final Map<String, Map<String, Sums>> tables = new LinkedHashMap<>();

  void add(String table, String system, double modeled, double measured) {
    Sums sums =
        tables
            .computeIfAbsent(table, name -> new TreeMap<>())
            .computeIfAbsent(system, name -> new Sums());
    double error = modeled / measured - 1;
    sums.rows++;
    sums.absolute += Math.abs(error);
    sums.signed += error;
  }

  List<ErrorRow> rows() {
    List<ErrorRow> rows = new ArrayList<>();
    tables.forEach(
        (table, systems) ->
            systems.forEach(
                (system, sums) ->
                    rows.add(
                        new ErrorRow(
                            table,
                            system,
                            sums.rows,
                            PERCENT * sums.absolute / sums.rows,
                            PERCENT * sums.signed / sums.rows))));
    return rows;
  }
}
