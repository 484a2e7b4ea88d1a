package io.rack72.checkpoint;

import java.util.Arrays;

/**
 * A distribution of stored units as a table of quantiles: an even choice among its entries is a
 * draw from the distribution. Drawing is one look-up, so that checkpoints of many gigabytes are
 * written about as fast as a disk takes them. Immutable.
 */
final class UnitTable {
  private static final int TABLE_BITS = 16;

  /** Quantiles of the bfloat16 numbers; the outermost lies 3.7 standard deviations out. */
  private static final int GAUSSIAN_ENTRIES = 1 << 12;

  /** Quantiles of one MXFP4 code. A byte holds two, so their pairs fill the table. */
  private static final int CODE_ENTRIES = 1 << 8;

  /**
   * Standard deviation of the numbers that are rounded to codes, in units of the scale. About what
   * blocks have whose scale was chosen so that their largest value just fits under 6.
   */
  private static final double CODE_DEVIATION = 2.25;

  private static final double[] CODE_MAGNITUDES = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  private static final int SIGN = 8;
  private static final int SCALE_BIAS = 127;

  private static final double[] GAUSSIAN = gaussianQuantiles(GAUSSIAN_ENTRIES);
  private static final int[] CODES = codeQuantiles();

  private final int unitBytes;
  private final int shift;
  private final short[] table;

  private UnitTable(int unitBytes, short[] table) {
    this.unitBytes = unitBytes;
    this.shift = TABLE_BITS - Integer.numberOfTrailingZeros(table.length);
    this.table = table;
  }

  /** Bytes of one unit, 1 or 2. */
  int unitBytes() {
    return unitBytes;
  }

  /** The unit drawn by 16 random bits, as an unsigned number. */
  int unit(int bits) {
    return table[bits >>> shift] & 0xFFFF;
  }

  /** Gaussian bfloat16 numbers. */
  static UnitTable bf16(double mean, double deviation) {
    short[] table = new short[GAUSSIAN_ENTRIES];
    for (int i = 0; i < table.length; i++) {
      table[i] = toBf16((float) (mean + deviation * GAUSSIAN[i]));
    }
    return new UnitTable(Short.BYTES, table);
  }

  /** Bytes of two MXFP4 codes each: Gaussian numbers rounded to the nearest code. */
  static UnitTable mxfp4Codes() {
    short[] table = new short[1 << TABLE_BITS];
    for (int i = 0; i < table.length; i++) {
      table[i] = (short) (CODES[i % CODE_ENTRIES] | CODES[i / CODE_ENTRIES] << 4);
    }
    return new UnitTable(Byte.BYTES, table);
  }

  /**
   * Scale bytes that give the numbers of {@link #mxfp4Codes} the wanted standard deviation. Two
   * neighbouring powers of two are mixed in the proportion that makes the variance right.
   */
  static UnitTable mxfp4Scales(double deviation) {
    double codeVariance =
        Arrays.stream(CODES).mapToDouble(UnitTable::value).map(v -> v * v).sum() / CODES.length;
    double scale = deviation / Math.sqrt(codeVariance);
    int exponent = Math.getExponent(scale);
    double ratio = scale / Math.scalb(1.0, exponent);
    double shareOfLarger = (ratio * ratio - 1) / 3;
    short[] table = new short[1 << TABLE_BITS];
    for (int i = 0; i < table.length; i++) {
      boolean larger = i < shareOfLarger * table.length;
      table[i] = (short) (SCALE_BIAS + exponent + (larger ? 1 : 0));
    }
    return new UnitTable(Byte.BYTES, table);
  }

  private static int[] codeQuantiles() {
    return Arrays.stream(gaussianQuantiles(CODE_ENTRIES))
        .mapToInt(quantile -> nearestCode(CODE_DEVIATION * quantile))
        .toArray();
  }

  private static int nearestCode(double value) {
    int nearest = 0;
    for (int code = 1; code < CODE_MAGNITUDES.length; code++) {
      double distance = Math.abs(Math.abs(value) - CODE_MAGNITUDES[code]);
      if (distance < Math.abs(Math.abs(value) - CODE_MAGNITUDES[nearest])) {
        nearest = code;
      }
    }
    return value < 0 ? nearest | SIGN : nearest;
  }

  private static double value(int code) {
    double magnitude = CODE_MAGNITUDES[code % SIGN];
    return code < SIGN ? magnitude : -magnitude;
  }

  private static short toBf16(float value) {
    int bits = Float.floatToIntBits(value);
    int halfWayToEven = 0x7FFF + ((bits >>> 16) & 1);
    return (short) ((bits + halfWayToEven) >>> 16);
  }

  /**
   * The standard Gaussian's quantiles at (i + 1/2) / count. Its density is summed up in small steps
   * from 0, with strict arithmetic, so that every machine gets the same table.
   */
  private static double[] gaussianQuantiles(int count) {
    double step = 1.0 / 4096;
    double[] quantiles = new double[count];
    double x = 0;
    double below = 0.5;
    for (int i = count / 2; i < count; i++) {
      double wanted = (i + 0.5) / count;
      double mass = step * density(x + step / 2);
      while (below + mass < wanted) {
        below += mass;
        x += step;
        mass = step * density(x + step / 2);
      }
      quantiles[i] = x + step * (wanted - below) / mass;
      quantiles[count - 1 - i] = -quantiles[i];
    }
    return quantiles;
  }

  private static double density(double x) {
    return StrictMath.exp(-x * x / 2) / StrictMath.sqrt(2 * Math.PI);
  }
}
