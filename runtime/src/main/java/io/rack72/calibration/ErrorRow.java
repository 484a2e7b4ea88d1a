package io.rack72.calibration;

/**
 * How far a model is from a table's rows of a system.
 *
 * @param table its name
 * @param system the table's name for it
 * @param rows that were compared
 * @param mape mean absolute error in percent of what was measured
 * @param bias mean error in percent, above 0 where the model is too slow or too high
 */
public record ErrorRow(String table, String system, int rows, double mape, double bias) {}
