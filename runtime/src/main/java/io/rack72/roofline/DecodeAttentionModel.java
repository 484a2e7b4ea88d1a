package io.rack72.roofline;

import io.rack72.roofline.Kernel.DecodeAttention;
import io.rack72.roofline.Kernel.KvPrecision;

/**
 * Attention of one token for each sequence: a block of threads for each sequence and key head, or
 * several where there are few, which read keys and values once.
 */
final class DecodeAttentionModel {
  private static final double MICROS = 1e6;
  private static final double NANOS_PER_MICRO = 1e3;

  /** How sharply keys and values stop surviving in the cache as they outgrow it. */
  private static final double RESIDENCE_POWER = 6;

  /**
   * @param fixedMicros launch, and the rotary and cache writes before it
   * @param blockMicros of a block on a multiprocessor, besides what its keys take
   * @param bandwidthPart of the memory's bandwidth at which keys and values stream
   * @param blocksPerMultiprocessor that run at the same time, and up to which contexts are split
   * @param chunkKeys into which they are split at least
   * @param overlapPower of the blocks' own time, streaming and reading in order
   * @param keyNanos that a block takes for each of its keys, one after another
   * @param residentPart of the cache within which keys and values outlive a call
   * @param residentSpeed of the cache, in multiples of the memory's
   */
  record Numbers(
      double fixedMicros,
      double blockMicros,
      double bandwidthPart,
      double blocksPerMultiprocessor,
      double chunkKeys,
      double overlapPower,
      double keyNanos,
      double residentPart,
      double residentSpeed) {}

  private final GpuSpec gpu;
  private final boolean repeated;
  private final Numbers bf16;
  private final Numbers fp8;

  DecodeAttentionModel(GpuSpec gpu, Constants constants, boolean repeated) {
    this.gpu = gpu;
    this.repeated = repeated;
    String group = "decode." + Constants.hyphenated(gpu.architecture());
    bf16 = constants.group(group + "-bf16", Numbers.class);
    fp8 = constants.group(group + "-fp8", Numbers.class);
  }

  KernelCost cost(DecodeAttention call) {
    Numbers of = call.kv() == KvPrecision.FP8 ? fp8 : bf16;
    double context = call.context();
    double seen = call.window() > 0 ? Math.min(context, call.window()) : context;
    double heads = call.sequences() * call.heads().kv();
    double limit = of.blocksPerMultiprocessor() * gpu.multiprocessors() / heads;
    double splits = Math.clamp(limit, 1, Math.ceil(context / of.chunkKeys()));
    double blocks = heads * splits / gpu.multiprocessors();
    double bytes = heads * seen * 2 * call.heads().dim() * call.kv().bytes();
    double streaming = MICROS * bytes / (gpu.hbmBytesPerSecond() * of.bandwidthPart());
    if (repeated) {
      double grown = bytes / (of.residentPart() * gpu.cacheBytes());
      double hit = 1 / (1 + StrictMath.pow(grown, RESIDENCE_POWER));
      streaming *= 1 - hit + hit / of.residentSpeed();
    }
    double keysInOrder = seen / Math.min(splits, Math.ceil(seen / of.chunkKeys()));
    double inOrder =
        Math.max(1, blocks / of.blocksPerMultiprocessor())
            * keysInOrder
            * of.keyNanos()
            / NANOS_PER_MICRO;
    double power = of.overlapPower();
    Overlap atOnce = Overlap.of(of.blockMicros() * blocks, streaming, power);
    Overlap kernel = Overlap.of(atOnce.duration(), inOrder, power);
    double ofBlocks = kernel.first() * atOnce.firstPart();
    Spent spent =
        new Spent(0, kernel.duration() - ofBlocks, 0, 0, 0, 0, of.fixedMicros() + ofBlocks);
    double operations = 4.0 * call.sequences() * call.heads().query() * seen * call.heads().dim();
    return new KernelCost(of.fixedMicros() + kernel.duration(), spent, bytes, operations, 0);
  }
}
