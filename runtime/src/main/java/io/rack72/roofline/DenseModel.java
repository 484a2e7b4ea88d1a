package io.rack72.roofline;

/**
 * bf16 products: tiles of the result are handed out to the multiprocessors in waves, each tile
 * summing over all inputs, while operands stream from memory.
 */
final class DenseModel {
  private static final int BF16_BYTES = 2;
  private static final double MICROS = 1e6;
  private static final double INPUTS = 1024;

  /** Rows and columns of the tiles that libraries choose from, the fastest for each product. */
  private static final int[][] TILES = {
    {128, 256}, {128, 128}, {64, 128}, {128, 64}, {64, 64}, {32, 64}, {16, 64}
  };

  /**
   * @param fixedMicros launch, first bytes, last bytes
   * @param microsPerInputs serial part of a tile for each 1024 inputs
   * @param bandwidthPart of the memory's bandwidth that is reached
   * @param arithmeticPart of the bf16 rate that full waves reach
   * @param waveRounding 1 where the last wave takes as long as a full one, 0 where it does not
   * @param operandRows by which smaller tiles are slower: their operands serve fewer results
   * @param overlapPower of memory and arithmetic
   * @param residentPart of the cache within which weights outlive a call
   * @param residentSpeed of the cache, in multiples of the memory's bandwidth
   */
  record Numbers(
      double fixedMicros,
      double microsPerInputs,
      double bandwidthPart,
      double arithmeticPart,
      double waveRounding,
      double operandRows,
      double overlapPower,
      double residentPart,
      double residentSpeed) {}

  private final GpuSpec gpu;
  private final Numbers numbers;
  private final boolean repeated;

  DenseModel(GpuSpec gpu, Constants constants, boolean repeated) {
    this.gpu = gpu;
    this.repeated = repeated;
    numbers = constants.group("dense." + Constants.hyphenated(gpu.architecture()), Numbers.class);
  }

  KernelCost cost(Kernel.Dense product) {
    double m = product.rows();
    double n = product.outputs();
    double k = product.inputs();
    double bytes = BF16_BYTES * (n * k + m * k + m * n);
    double weightsPart = n * k / (n * k + m * k + m * n);
    double bandwidth = gpu.hbmBytesPerSecond() * numbers.bandwidthPart();
    if (repeated && BF16_BYTES * n * k <= numbers.residentPart() * gpu.cacheBytes()) {
      bandwidth *= numbers.residentSpeed();
    }
    double rate = gpu.bf16PerSecond() * numbers.arithmeticPart() / gpu.multiprocessors();
    double arithmetic = Double.POSITIVE_INFINITY;
    for (int[] tile : TILES) {
      double tiles = Math.ceil(m / tile[0]) * Math.ceil(n / tile[1]);
      double full = tiles / gpu.multiprocessors();
      double waves = Math.max(1, full + numbers.waveRounding() * (Math.ceil(full) - full));
      double operands = 1 + numbers.operandRows() * (1.0 / tile[0] + 1.0 / tile[1]);
      arithmetic = Math.min(arithmetic, waves * tile[0] * tile[1] * 2 * k * operands / rate);
    }
    Overlap both = Overlap.of(arithmetic, bytes / bandwidth, numbers.overlapPower());
    double fixed = numbers.fixedMicros() + numbers.microsPerInputs() * k / INPUTS;
    double streaming = MICROS * both.second();
    Spent spent =
        new Spent(
            streaming * weightsPart,
            0,
            streaming * (1 - weightsPart),
            MICROS * both.first(),
            0,
            0,
            fixed);
    return new KernelCost(fixed + MICROS * both.duration(), spent, bytes, 2 * m * n * k, 0);
  }
}
