package io.rack72.roofline;

import io.rack72.roofline.Kernel.Collective;
import io.rack72.roofline.Kernel.KvPrecision;
import io.rack72.roofline.Kernel.Operation;
import io.rack72.roofline.Kernel.Phase;

/**
 * How long a replica takes for a step: the kernels of every layer one after another, and host time.
 * As thread-safe as its routing.
 */
public final class StepModel {
  private static final int BF16_BYTES = 2;

  private final KernelModel kernels;
  private final LayerModel layer;
  private final DecoderShape shape;
  private final Layout layout;
  private final ExpertRouting routing;
  private final HostTime host;

  /**
   * @param kernels of the GPUs
   * @param shape of the model
   * @param layout of the replica
   * @param kv format of keys and values
   * @param routing of tokens to experts
   * @param host of the serving stack
   */
  public StepModel(
      KernelModel kernels,
      DecoderShape shape,
      Layout layout,
      KvPrecision kv,
      ExpertRouting routing,
      HostTime host) {
    if (layout.attentionGpus() > shape.heads().query()) {
      throw new IllegalArgumentException(
          "%s has more GPUs than the model has query heads, %d"
              .formatted(layout.name(), shape.heads().query()));
    }
    this.kernels = kernels;
    this.shape = shape;
    this.layout = layout;
    this.routing = routing;
    this.host = host;
    layer = new LayerModel(kernels, shape, layout.attentionGpus(), kv);
  }

  /** On which it runs. */
  public GpuSpec gpu() {
    return kernels.gpu();
  }

  /** What a step takes that computes something. */
  public StepTime step(StepWork work) {
    double rows = work.rows();
    double own = own(rows);
    double sampled = own(work.sequences());
    int layers = shape.layers();
    Mixture mixture = mixture(rows, own);
    return new StepTime(
        layer.products(own).times(layers).plus(layer.logits(sampled)),
        attention(work, false)
            .times(shape.fullLayers())
            .plus(attention(work, true).times(shape.slidingLayers())),
        mixture.experts().times(layers),
        mixture.links().times(layers).plus(gatheredLogits(sampled)),
        layer.norms(own).times(layers).plus(layer.norm(own)).plus(layer.sampling(sampled)),
        hostMicros(work));
  }

  /** Of one layer, all before its experts: norms, products, attention and router. */
  public KernelCost beforeExperts(StepWork work, boolean sliding) {
    double own = own(work.rows());
    return layer.norms(own).plus(layer.products(own)).plus(attention(work, sliding));
  }

  /**
   * Of one layer, the fused mixture of experts on the busiest GPU.
   *
   * @param rows of all GPUs
   */
  public KernelCost experts(double rows) {
    return mixture(rows, own(rows)).experts();
  }

  /**
   * Of one layer, what passes between the GPUs.
   *
   * @param rows of all GPUs
   */
  public KernelCost links(double rows) {
    return mixture(rows, own(rows)).links();
  }

  /**
   * Bytes that leave the ports of all GPUs in a step.
   *
   * @param rows of all GPUs
   * @param sequences of all GPUs, each of which has a token chosen
   */
  public double linkBytes(double rows, double sequences) {
    KernelCost gathered = sequences == 0 ? KernelCost.NONE : gatheredLogits(own(sequences));
    return layout.gpus() * (links(rows).linkBytes() * shape.layers() + gathered.linkBytes());
  }

  /**
   * What follows the last layer: a norm, the output matrix and sampling.
   *
   * @param sequences of all GPUs, each of which has a token chosen
   */
  public KernelCost afterLayers(double sequences) {
    double sampled = own(sequences);
    return layer
        .norm(sampled)
        .plus(layer.logits(sampled))
        .plus(gatheredLogits(sampled))
        .plus(layer.sampling(sampled));
  }

  /** Of each new request on its host before its first step, in microseconds. */
  public double requestMicros() {
    return host.requestMicros();
  }

  /** In which the GPUs wait for their host, in microseconds. */
  public double hostMicros(StepWork work) {
    return host.micros(work);
  }

  /** Of what all GPUs have, the part of one. */
  private double own(double all) {
    return Math.max(1, all / layout.dataParallel());
  }

  private KernelCost attention(StepWork work, boolean sliding) {
    KernelCost cost = KernelCost.NONE;
    double groups = layout.dataParallel();
    if (work.decodes() > 0) {
      cost = layer.decodeAttention(Math.max(1, work.decodes() / groups), work.context(), sliding);
    }
    for (StepWork.Chunk chunk : work.chunks()) {
      // Of few prompts the slowest GPU has a whole one, unless the steps' mean is asked for.
      double sequences = chunk.sequences() / groups;
      StepWork.Chunk own =
          new StepWork.Chunk(Math.max(1, sequences), chunk.tokens(), chunk.before());
      cost = cost.plus(layer.promptAttention(own, sliding).times(Math.min(1, sequences)));
    }
    return cost;
  }

  /** Of one layer. */
  private record Mixture(KernelCost experts, KernelCost links) {
    double micros() {
      return experts.micros() + links.micros();
    }
  }

  /**
   * @param rows of all GPUs
   * @param own of one
   */
  private Mixture mixture(double rows, double own) {
    int gpus = layout.gpus();
    double token = (double) shape.hidden() * BF16_BYTES;
    if (gpus == 1) {
      return new Mixture(experts(rows, rows), KernelCost.NONE);
    }
    if (layout.kind() != Layout.Kind.DEP) {
      // After attention and after the experts.
      KernelCost reduced = collective(Operation.FUSED_ALL_REDUCE, own * token).times(2);
      return new Mixture(experts(rows, rows), reduced);
    }
    KernelCost there = layer.exchange(Phase.DISPATCH, own, token, gpus);
    KernelCost back = layer.exchange(Phase.COMBINE, own, token, gpus);
    double received = Math.max(1, rows * layer.targets(gpus) / gpus);
    Mixture exchanged = new Mixture(experts(rows, received), there.plus(back));
    // In small groups it can be quicker to let all have all tokens and to add up all results.
    double all = own * gpus * token;
    KernelCost gathered =
        collective(Operation.ALL_GATHER, all).plus(collective(Operation.REDUCE_SCATTER, all));
    Mixture together = new Mixture(experts(rows, rows), gathered);
    return together.micros() < exchanged.micros() ? together : exchanged;
  }

  /**
   * @param rows of all GPUs
   * @param looked those that the busiest one looks through
   */
  private KernelCost experts(double rows, double looked) {
    int gpus = layout.expertGpus();
    ExpertRows busiest =
        routing.busiest(rows, shape.expertsPerToken(), shape.experts(), gpus, layout.slotsPerGpu());
    double intermediate =
        layout.kind() == Layout.Kind.TP
            ? (double) shape.intermediate() / layout.gpus()
            : shape.intermediate();
    return layer.experts(looked, busiest, intermediate, gpus);
  }

  /** Where the output matrix is in parts. */
  private KernelCost gatheredLogits(double sampled) {
    return layout.attentionGpus() == 1
        ? KernelCost.NONE
        : collective(Operation.ALL_GATHER, sampled * shape.vocabulary() * BF16_BYTES);
  }

  private KernelCost collective(Operation operation, double bytes) {
    return kernels.cost(new Collective(operation, layout.gpus(), bytes));
  }
}
