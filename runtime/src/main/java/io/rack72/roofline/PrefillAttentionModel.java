package io.rack72.roofline;

import io.rack72.roofline.Kernel.KvPrecision;
import io.rack72.roofline.Kernel.PrefillAttention;

/**
 * Causal attention of many tokens: a tile of queries of one head passes over the keys that it may
 * see, and a pass over all tokens before it rotates them and writes keys and values.
 */
final class PrefillAttentionModel {
  private static final double MICROS = 1e6;
  private static final int BF16_BYTES = 2;

  /** Rows in which the matrix units work. */
  private static final int UNIT_ROWS = 16;

  /**
   * @param fixedMicros launches
   * @param tileMicros of a tile of queries, besides what its blocks take
   * @param tileRows queries of one head in a tile
   * @param arithmeticPart of the bf16 rate; exponentials keep fp8 from being faster
   * @param tokenPasses bytes moved for each token, in multiples of its queries, keys and values
   * @param windowFactor time of tiles that are masked on both sides, in multiples
   * @param overlapPower of all tiles' time and the longest tile's
   */
  record Numbers(
      double fixedMicros,
      double tileMicros,
      double tileRows,
      double arithmeticPart,
      double tokenPasses,
      double windowFactor,
      double overlapPower) {}

  private final GpuSpec gpu;
  private final Numbers bf16;
  private final Numbers fp8Cache;
  private final Numbers fp8;

  PrefillAttentionModel(GpuSpec gpu, Constants constants) {
    this.gpu = gpu;
    String group = "prefill." + Constants.hyphenated(gpu.architecture());
    bf16 = constants.group(group + "-bf16", Numbers.class);
    fp8Cache = constants.group(group + "-fp8-cache", Numbers.class);
    fp8 = constants.group(group + "-fp8", Numbers.class);
  }

  KernelCost cost(PrefillAttention call) {
    Numbers of = call.fp8Products() ? fp8 : call.kv() == KvPrecision.FP8 ? fp8Cache : bf16;
    double tile = of.tileRows();
    double tokens = call.tokens();
    double tilesPerHead = Math.ceil(tokens / tile);
    double causal = (tilesPerHead + 1) / 2 * tile + call.before();
    double longest = tilesPerHead * tile + call.before();
    double seenAtMost = call.window() > 0 ? call.window() + tile : Double.POSITIVE_INFINITY;
    // A tile that is filled in part has its rows padded to the units'.
    double filled =
        tilesPerHead == 1 ? Math.min(1, Math.ceil(tokens / UNIT_ROWS) * UNIT_ROWS / tile) : 1;
    double factor =
        call.window() > 0 && tokens + call.before() > call.window() ? of.windowFactor() : 1;
    double rate = gpu.bf16PerSecond() * of.arithmeticPart() / gpu.multiprocessors();
    double perKey = filled * tile * 4 * call.heads().dim() / rate * MICROS;
    double mean = of.tileMicros() + perKey * Math.min(causal, seenAtMost);
    double last = of.tileMicros() + perKey * Math.min(longest, seenAtMost);
    double tiles = call.sequences() * call.heads().query() * tilesPerHead;
    double waves = Math.max(1, tiles / gpu.multiprocessors());
    double width = (call.heads().query() + 2.0 * call.heads().kv()) * call.heads().dim();
    double passes = call.sequences() * tokens * of.tokenPasses() * width * BF16_BYTES;
    double cached =
        call.sequences()
            * Math.min(call.before(), seenAtMost)
            * 2
            * call.heads().kv()
            * call.heads().dim()
            * call.kv().bytes();
    Overlap all = Overlap.of(waves * mean, last, of.overlapPower());
    double passing = MICROS * passes / gpu.hbmBytesPerSecond();
    double ofTiles = factor * of.tileMicros() * (all.first() / mean + all.second() / last);
    double inTiles = factor * all.duration();
    Spent spent = new Spent(0, 0, passing, inTiles - ofTiles, 0, 0, of.fixedMicros() + ofTiles);
    double pairs = tokens * Math.min((tokens + 1) / 2 + call.before(), seenAtMost);
    return new KernelCost(
        of.fixedMicros() + inTiles + passing,
        spent,
        passes + cached,
        4 * call.sequences() * pairs * call.heads().query() * call.heads().dim(),
        0);
  }
}
