package io.rack72.kernel;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.RopeScaling;

/**
 * Angles of the rotary embedding, stretched as in YaRN (Peng et al., "YaRN: Efficient Context
 * Window Extension of Large Language Models", 2023, section 3.2): frequencies that turn often
 * within the original context are kept, slow ones are divided by the factor, with a ramp between
 * them; cosines and sines are multiplied by a concentration at all positions. Computed in double
 * precision with {@link StrictMath}, hence the same on every machine. Immutable.
 */
public final class RotaryTable {
  private final double[] frequencies;
  private final double concentration;

  public RotaryTable(ModelConfig config) {
    RopeScaling scaling = config.ropeScaling();
    int headDim = config.headDim();
    double low = rampBound(config, scaling.betaFast());
    double high = rampBound(config, scaling.betaSlow());
    if (scaling.truncate()) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, headDim - 1);
    // A ramp without width is a step; the denominator must not be zero for that.
    double width = high == low ? 0.001 : high - low;
    frequencies = new double[headDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      double plain = StrictMath.pow(config.ropeTheta(), -2.0 * i / headDim);
      double ramp = Math.clamp((i - low) / width, 0.0, 1.0);
      frequencies[i] = plain / scaling.factor() * ramp + plain * (1 - ramp);
    }
    concentration = 0.1 * StrictMath.log(scaling.factor()) + 1;
  }

  /** The pair whose wave turns {@code rotations} times within the original context. */
  private static double rampBound(ModelConfig config, double rotations) {
    double wavelength =
        config.ropeScaling().originalMaxPositions() / (rotations * 2 * StrictMath.PI);
    return config.headDim() / 2.0 * StrictMath.log(wavelength) / StrictMath.log(config.ropeTheta());
  }

  /** Radians per position of pair {@code i}. */
  public double frequency(int pair) {
    return frequencies[pair];
  }

  /** Factor on all cosines and sines. */
  public double concentration() {
    return concentration;
  }

  /**
   * Fills in the cosines and sines of positions, multiplied by the concentration.
   *
   * @param positions of the rows; the first {@code rows} are used
   * @param cosines {@code [rows, headDim / 2]}
   * @param sines {@code [rows, headDim / 2]}
   */
  public void fill(int[] positions, int rows, float[] cosines, float[] sines) {
    Sizes.check("cosines", cosines, rows, frequencies.length);
    Sizes.check("sines", sines, rows, frequencies.length);
    int at = 0;
    for (int row = 0; row < rows; row++) {
      for (double frequency : frequencies) {
        double angle = positions[row] * frequency;
        cosines[at] = (float) (StrictMath.cos(angle) * concentration);
        sines[at] = (float) (StrictMath.sin(angle) * concentration);
        at++;
      }
    }
  }
}
