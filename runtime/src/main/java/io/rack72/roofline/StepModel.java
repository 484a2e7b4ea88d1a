package io.rack72.roofline;

import io.rack72.roofline.Kernel.AllToAll;
import io.rack72.roofline.Kernel.Collective;
import io.rack72.roofline.Kernel.DecodeAttention;
import io.rack72.roofline.Kernel.Dense;
import io.rack72.roofline.Kernel.Elementwise;
import io.rack72.roofline.Kernel.Exchange;
import io.rack72.roofline.Kernel.ExpertPrecision;
import io.rack72.roofline.Kernel.Experts;
import io.rack72.roofline.Kernel.Heads;
import io.rack72.roofline.Kernel.KvPrecision;
import io.rack72.roofline.Kernel.Operation;
import io.rack72.roofline.Kernel.Phase;
import io.rack72.roofline.Kernel.PrefillAttention;
import io.rack72.roofline.Kernel.Sampling;

/**
 * How long a replica takes for a step: the kernels of every layer one after another, and host time.
 * As thread-safe as its {@link KernelModel} and its routing.
 */
public final class StepModel {
  private static final int BF16_BYTES = 2;

  /** Norms of a layer: before attention and before the experts. */
  private static final int NORMS = 2;

  private final KernelModel kernels;
  private final DecoderShape shape;
  private final Layout layout;
  private final KvPrecision kv;
  private final ExpertRouting routing;
  private final HostTime host;
  private final ExpertPrecision precision;
  private final Heads heads;

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
    this.kv = kv;
    this.routing = routing;
    this.host = host;
    precision =
        kernels.gpu().architecture() == Architecture.HOPPER
            ? ExpertPrecision.W4A16
            : ExpertPrecision.W4A8;
    // With more GPUs than key heads, some hold the same one.
    heads =
        new Heads(
            part(shape.heads().query(), layout.attentionGpus()),
            part(shape.heads().kv(), layout.attentionGpus()),
            shape.heads().dim());
  }

  private static int part(int whole, int gpus) {
    return Math.max(1, (int) Math.ceil((double) whole / gpus));
  }

  /** What a step takes that computes something. */
  public StepTime step(StepWork work) {
    double rows = work.rows();
    double own = Math.max(1, rows / layout.dataParallel());
    double sampled = Math.max(1, work.sequences() / layout.dataParallel());
    return new StepTime(
        dense(own, sampled),
        attention(work),
        kernels.cost(experts(rows)).times(shape.layers()),
        links(own, sampled),
        kernels
            .cost(new Elementwise(own, shape.hidden()))
            .times(NORMS * shape.layers() + 1)
            .plus(kernels.cost(new Sampling(sampled, shape.vocabulary()))),
        host.stepMicros()
            + host.sequenceMicros() * work.sequences()
            + (work.chunks().isEmpty() ? 0 : host.promptMicros()));
  }

  private KernelCost dense(double rows, double sampled) {
    double queryWidth = (double) heads.query() * heads.dim();
    double width = queryWidth + 2.0 * heads.kv() * heads.dim();
    double logits = Math.ceil((double) shape.vocabulary() / layout.attentionGpus());
    return kernels
        .cost(new Dense(rows, width, shape.hidden()))
        .plus(kernels.cost(new Dense(rows, shape.hidden(), queryWidth)))
        .plus(kernels.cost(new Dense(rows, shape.experts(), shape.hidden())))
        .times(shape.layers())
        .plus(kernels.cost(new Dense(sampled, logits, shape.hidden())));
  }

  private KernelCost attention(StepWork work) {
    return attention(work, 0)
        .times(shape.fullLayers())
        .plus(attention(work, shape.window()).times(shape.slidingLayers()));
  }

  private KernelCost attention(StepWork work, int window) {
    KernelCost cost = KernelCost.NONE;
    double groups = layout.dataParallel();
    if (work.decodes() > 0) {
      double sequences = Math.max(1, work.decodes() / groups);
      cost =
          kernels.cost(
              new DecodeAttention(sequences, Math.max(1, work.context()), window, heads, kv));
    }
    for (StepWork.Chunk chunk : work.chunks()) {
      // Of few prompts the slowest GPU has a whole one, unless the steps' mean is asked for.
      double sequences = chunk.sequences() / groups;
      double share = Math.min(1, sequences);
      cost =
          cost.plus(
              kernels
                  .cost(
                      new PrefillAttention(
                          Math.max(1, sequences),
                          chunk.tokens(),
                          chunk.before(),
                          window,
                          heads,
                          kv,
                          kv == KvPrecision.FP8))
                  .times(share));
    }
    return cost;
  }

  private Experts experts(double rows) {
    int gpus = layout.expertGpus();
    ExpertRows busiest =
        routing.busiest(rows, shape.expertsPerToken(), shape.experts(), gpus, layout.slotsPerGpu());
    return new Experts(
        rows,
        busiest,
        shape.hidden(),
        layout.kind() == Layout.Kind.TP
            ? (double) shape.intermediate() / layout.gpus()
            : shape.intermediate(),
        shape.expertsPerToken(),
        gpus,
        precision);
  }

  private KernelCost links(double rows, double sampled) {
    int gpus = layout.gpus();
    if (gpus == 1) {
      return KernelCost.NONE;
    }
    double token = (double) shape.hidden() * BF16_BYTES;
    if (layout.kind() != Layout.Kind.DEP) {
      double logits = sampled * shape.vocabulary() * BF16_BYTES;
      // After attention and after the experts.
      return kernels
          .cost(new Collective(Operation.FUSED_ALL_REDUCE, gpus, rows * token))
          .times(2.0 * shape.layers())
          .plus(kernels.cost(new Collective(Operation.ALL_GATHER, gpus, logits)));
    }
    double targets = gpus * (1 - StrictMath.pow(1 - 1.0 / gpus, shape.expertsPerToken()));
    KernelCost exchanged =
        exchange(Phase.DISPATCH, rows, token, targets)
            .plus(exchange(Phase.COMBINE, rows, token, targets));
    // In small groups it is quicker to let all have all tokens and to add up all results.
    double all = rows * gpus * token;
    KernelCost gathered =
        kernels
            .cost(new Collective(Operation.ALL_GATHER, gpus, all))
            .plus(kernels.cost(new Collective(Operation.REDUCE_SCATTER, gpus, all)));
    return (gathered.micros() < exchanged.micros() ? gathered : exchanged).times(shape.layers());
  }

  private KernelCost exchange(Phase phase, double rows, double token, double targets) {
    return kernels.cost(
        new AllToAll(Exchange.ONE_SIDED, phase, rows, token, targets, layout.gpus()));
  }
}
