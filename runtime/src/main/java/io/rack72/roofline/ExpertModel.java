package io.rack72.roofline;

import io.rack72.roofline.Kernel.ExpertPrecision;
import io.rack72.roofline.Kernel.Experts;
import io.rack72.roofline.Kernel.TileChoice;
import java.util.EnumMap;
import java.util.Map;

/**
 * The fused mixture of experts: weights of the touched experts stream from memory once, rows are
 * padded to tiles, tiles are handed out in waves, and all tokens of the group are looked through,
 * whether they are for this GPU or not.
 */
final class ExpertModel {
  private static final double MICROS = 1e6;

  /** Bytes of an MXFP4 weight: 4 bits and an 8-bit scale for 32 of them. */
  private static final double WEIGHT_BYTES = 4.25 / 8;

  private static final int TILE_COLUMNS = 128;

  /** Programs for the product, each with constants of its own. */
  private enum Implementation {
    /** Of vLLM on Hopper: tiles as tall as if all choices were for experts of this GPU. */
    HOPPER_W4A16,
    /** Of TensorRT-LLM on Blackwell, generated for MXFP8 activations. */
    BLACKWELL_W4A8,
    /** Of TensorRT-LLM on Blackwell without them: one tile height, weights unpacked in between. */
    BLACKWELL_W4A16,
    /** Of TensorRT-LLM on workstations. */
    BLACKWELL_WORKSTATION_W4A8;

    static Implementation of(Architecture architecture, ExpertPrecision precision) {
      return switch (architecture) {
        case HOPPER -> HOPPER_W4A16;
        case BLACKWELL -> precision == ExpertPrecision.W4A8 ? BLACKWELL_W4A8 : BLACKWELL_W4A16;
        case BLACKWELL_WORKSTATION ->
            precision == ExpertPrecision.W4A8 ? BLACKWELL_WORKSTATION_W4A8 : BLACKWELL_W4A16;
      };
    }

    /** The rate of the activations' format, whatever that of the weights is. */
    double rate(GpuSpec gpu) {
      return switch (this) {
        case HOPPER_W4A16, BLACKWELL_W4A16 -> gpu.bf16PerSecond();
        case BLACKWELL_W4A8, BLACKWELL_WORKSTATION_W4A8 -> gpu.fp8PerSecond();
      };
    }

    double tileRows(double mean, double ifAllWereLocal, TileChoice choice) {
      return switch (this) {
        case HOPPER_W4A16 -> powerOfTwo(ifAllWereLocal, 16, 128);
        case BLACKWELL_W4A8 ->
            choice == TileChoice.SEARCHED
                ? powerOfTwo(mean, 8, 128)
                : powerOfTwo(ifAllWereLocal, 8, 256);
        case BLACKWELL_W4A16 -> 64;
        case BLACKWELL_WORKSTATION_W4A8 -> powerOfTwo(mean, 8, 128);
      };
    }
  }

  /**
   * @param fixedMicros launches of the kernels of which the call consists
   * @param groupMicros more of them where experts are spread over GPUs
   * @param routingMicros what sorting tokens by expert grows to with many tokens
   * @param routingTokens at which half of that is reached
   * @param bandwidthPart of the memory's bandwidth at which weights stream
   * @param arithmeticPart of the rate of the format's arithmetic
   * @param waveRounding 1 where the last wave takes as long as a full one, 0 where it does not
   * @param unpackOperations of bf16 in the time that a multiprocessor takes for a weight of a tile,
   *     before it is multiplied, from 4 bits to what the matrix units take; both go with its clock
   * @param overlapPower of streaming and arithmetic
   * @param tokenPasses bytes moved for each token of the group, in multiples of its width
   * @param rowPasses bytes moved for each row, likewise
   */
  record Numbers(
      double fixedMicros,
      double groupMicros,
      double routingMicros,
      double routingTokens,
      double bandwidthPart,
      double arithmeticPart,
      double waveRounding,
      double unpackOperations,
      double overlapPower,
      double tokenPasses,
      double rowPasses) {}

  private final GpuSpec gpu;
  private final Map<Implementation, Numbers> numbers = new EnumMap<>(Implementation.class);

  ExpertModel(GpuSpec gpu, Constants constants) {
    this.gpu = gpu;
    for (Implementation program : Implementation.values()) {
      numbers.put(
          program, constants.group("experts." + Constants.hyphenated(program), Numbers.class));
    }
  }

  KernelCost cost(Experts call) {
    ExpertRows rows = call.rows();
    Implementation program = Implementation.of(gpu.architecture(), call.precision());
    Numbers of = numbers.get(program);
    double local = call.tokens() * call.expertsPerToken() / rows.experts();
    double rate = program.rate(gpu) / gpu.multiprocessors();
    KernelCost products =
        products(
            call,
            of,
            program.tileRows(rows.mean(), local, call.tiles()),
            rate * of.arithmeticPart());
    double hidden = call.hidden();
    double passes = hidden * (call.tokens() * of.tokenPasses() + rows.sum() * of.rowPasses());
    double fixed =
        of.fixedMicros()
            + (call.groupGpus() > 1 ? of.groupMicros() : 0)
            + of.routingMicros() * call.tokens() / (call.tokens() + of.routingTokens());
    double passing = MICROS * passes / (gpu.hbmBytesPerSecond() * of.bandwidthPart());
    double weights = 3 * hidden * call.intermediate();
    return new KernelCost(
        fixed + passing + products.micros(),
        products.spent().plus(new Spent(0, 0, passing, 0, 0, 0, fixed)),
        rows.touched() * weights * WEIGHT_BYTES + passes,
        2 * weights * rows.sum(),
        0);
  }

  /** Time of gate and up in one product, down in another; the rate is a multiprocessor's. */
  private KernelCost products(Experts call, Numbers of, double tileRows, double rate) {
    double tiles = call.rows().tiles(tileRows);
    return product(call, of, tiles, tileRows, rate, 2 * call.intermediate(), call.hidden())
        .plus(product(call, of, tiles, tileRows, rate, call.hidden(), call.intermediate()));
  }

  private KernelCost product(
      Experts call,
      Numbers of,
      double rowTiles,
      double tileRows,
      double rate,
      double outputs,
      double inputs) {
    double bytes = call.rows().touched() * outputs * inputs * WEIGHT_BYTES;
    double full = rowTiles * Math.ceil(outputs / TILE_COLUMNS) / gpu.multiprocessors();
    double waves = Math.max(1, full + of.waveRounding() * (Math.ceil(full) - full));
    double weights = TILE_COLUMNS * inputs;
    double unpacking = of.unpackOperations() * gpu.multiprocessors() / gpu.bf16PerSecond();
    double arithmetic = waves * weights * (2 * tileRows / rate + unpacking);
    double streaming = bytes / (gpu.hbmBytesPerSecond() * of.bandwidthPart());
    if (rowTiles == 0) {
      return KernelCost.NONE;
    }
    Overlap product = Overlap.of(streaming, arithmetic, of.overlapPower());
    return new KernelCost(
        MICROS * product.duration(),
        Spent.products(MICROS * product.first(), MICROS * product.second()),
        0,
        0,
        0);
  }

  private static double powerOfTwo(double least, int min, int max) {
    int power = min;
    while (power < max && power < least - 1e-9) {
      power *= 2;
    }
    return power;
  }
}
