package io.rack72.checkpoint;

/**
 * YaRN context extension, the {@code rope_scaling} object of {@code config.json}.
 *
 * @param factor how many times the context was extended; at least 1
 * @param betaFast rotations over the original context above which a frequency is kept
 * @param betaSlow rotations below which a frequency is interpolated
 * @param originalMaxPositions context length before the extension, in tokens
 * @param truncate whether the ramp's bounds are rounded to whole dimensions; false in gpt-oss
 */
public record RopeScaling(
    double factor, double betaFast, double betaSlow, int originalMaxPositions, boolean truncate) {}
