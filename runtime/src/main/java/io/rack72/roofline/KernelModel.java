package io.rack72.roofline;

import io.rack72.roofline.Kernel.AllToAll;
import io.rack72.roofline.Kernel.Collective;
import io.rack72.roofline.Kernel.DecodeAttention;
import io.rack72.roofline.Kernel.Dense;
import io.rack72.roofline.Kernel.Elementwise;
import io.rack72.roofline.Kernel.Experts;
import io.rack72.roofline.Kernel.PrefillAttention;
import io.rack72.roofline.Kernel.Sampling;

/**
 * How long one GPU takes for a kernel, by the roofline and by what keeps kernels under it:
 * launches, tiles, waves, ramps. After S. Williams, A. Waterman and D. Patterson, "Roofline: An
 * Insightful Visual Performance Model", CACM 2009. The same arguments give the same bits on every
 * machine. Immutable and thread-safe.
 */
public final class KernelModel {
  private static final double MICROS = 1e6;

  /** Bytes of a logit where a token is chosen. */
  private static final int LOGIT_BYTES = 4;

  private static final int BF16_BYTES = 2;

  /**
   * @param fixedMicros launches
   * @param passes over the logits
   * @param bandwidthPart of the memory's bandwidth
   */
  record PassNumbers(double fixedMicros, double passes, double bandwidthPart) {}

  /**
   * @param overlapMicros of a kernel in a step, for which the one before it still runs: its launch
   *     and its first loads do not wait for that one's end
   */
  record LaunchNumbers(double overlapMicros) {}

  private final GpuSpec gpu;
  private final DenseModel dense;
  private final ExpertModel experts;
  private final DecodeAttentionModel decode;
  private final PrefillAttentionModel prefill;
  private final CollectiveModel collective;
  private final AllToAllModel allToAll;
  private final PassNumbers sampling;
  private final PassNumbers elementwise;
  private final double overlapMicros;

  private KernelModel(GpuSpec gpu, Constants constants, boolean repeated) {
    this.gpu = gpu;
    dense = new DenseModel(gpu, constants, repeated);
    experts = new ExpertModel(gpu, constants);
    decode = new DecodeAttentionModel(gpu, constants, repeated);
    prefill = new PrefillAttentionModel(gpu, constants);
    collective = new CollectiveModel(gpu, constants);
    allToAll = new AllToAllModel(gpu, constants);
    sampling = constants.group("sampling", PassNumbers.class);
    elementwise = constants.group("elementwise", PassNumbers.class);
    overlapMicros = repeated ? 0 : constants.group("launches", LaunchNumbers.class).overlapMicros();
  }

  /** Of kernels in a step, where what was read has left the cache when it is read again. */
  public static KernelModel inSteps(GpuSpec gpu, Constants constants) {
    return new KernelModel(gpu, constants, false);
  }

  /** Of one call again and again, as tables measure them: what is small stays in the cache. */
  public static KernelModel repeated(GpuSpec gpu, Constants constants) {
    return new KernelModel(gpu, constants, true);
  }

  /** Whose kernels these are. */
  public GpuSpec gpu() {
    return gpu;
  }

  /** What a call takes. */
  public KernelCost cost(Kernel kernel) {
    return alone(kernel).beganEarlier(overlapMicros);
  }

  private KernelCost alone(Kernel kernel) {
    return switch (kernel) {
      case Dense call -> dense.cost(call);
      case Experts call -> experts.cost(call);
      case DecodeAttention call -> decode.cost(call);
      case PrefillAttention call -> prefill.cost(call);
      case Collective call -> collective.cost(call);
      case AllToAll call -> allToAll.cost(call);
      case Sampling call -> pass(sampling, call.rows() * call.vocabulary() * LOGIT_BYTES);
      case Elementwise call -> pass(elementwise, call.rows() * call.width() * BF16_BYTES);
    };
  }

  /** Duration of a call, in microseconds. */
  public double micros(Kernel kernel) {
    return cost(kernel).micros();
  }

  private KernelCost pass(PassNumbers of, double bytes) {
    double moved = bytes * of.passes();
    double moving = MICROS * moved / (gpu.hbmBytesPerSecond() * of.bandwidthPart());
    return new KernelCost(
        of.fixedMicros() + moving, new Spent(0, 0, moving, 0, 0, 0, of.fixedMicros()), moved, 0, 0);
  }
}
