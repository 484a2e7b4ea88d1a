package io.rack72.calibration;

import io.rack72.roofline.Kernel;

/**
 * A measured call.
 *
 * @param table in which it stands, without its ending
 * @param system on which it ran, by the table's name for it
 * @param kernel the call
 * @param micros its measured duration
 */
record KernelSample(String table, String system, Kernel kernel, double micros) {}
