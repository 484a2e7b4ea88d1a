package io.rack72.roofline;

import io.rack72.roofline.Kernel.AllToAll;
import io.rack72.roofline.Kernel.DecodeAttention;
import io.rack72.roofline.Kernel.Dense;
import io.rack72.roofline.Kernel.Elementwise;
import io.rack72.roofline.Kernel.Exchange;
import io.rack72.roofline.Kernel.ExpertPrecision;
import io.rack72.roofline.Kernel.Experts;
import io.rack72.roofline.Kernel.Heads;
import io.rack72.roofline.Kernel.KvPrecision;
import io.rack72.roofline.Kernel.Phase;
import io.rack72.roofline.Kernel.PrefillAttention;
import io.rack72.roofline.Kernel.Sampling;
import io.rack72.roofline.Kernel.TileChoice;

/**
 * The kernels of one layer, and of what follows the last one, on one GPU. Rows and sequences are
 * that GPU's own, one at least. Immutable and thread-safe.
 */
public final class LayerModel {
  /** Before attention and before the experts. */
  private static final int NORMS = 2;

  private final KernelModel kernels;
  private final DecoderShape shape;
  private final Heads heads;
  private final KvPrecision kv;
  private final ExpertPrecision precision;
  private final int attentionGpus;

  /**
   * @param attentionGpus that share the attention of one sequence
   * @param kv format of keys and values
   */
  public LayerModel(KernelModel kernels, DecoderShape shape, int attentionGpus, KvPrecision kv) {
    this.kernels = kernels;
    this.shape = shape;
    this.kv = kv;
    this.attentionGpus = attentionGpus;
    precision =
        kernels.gpu().architecture() == Architecture.HOPPER
            ? ExpertPrecision.W4A16
            : ExpertPrecision.W4A8;
    // With more GPUs than key heads, some hold the same one.
    heads = new Heads(part(shape.heads().query()), part(shape.heads().kv()), shape.heads().dim());
  }

  private int part(int whole) {
    return Math.max(1, (int) Math.ceil((double) whole / attentionGpus));
  }

  /** Query, key and value; attention's output; the router. */
  public KernelCost products(double rows) {
    double queryWidth = (double) heads.query() * heads.dim();
    double width = queryWidth + 2.0 * heads.kv() * heads.dim();
    return kernels
        .cost(new Dense(rows, width, shape.hidden()))
        .plus(kernels.cost(new Dense(rows, shape.hidden(), queryWidth)))
        .plus(kernels.cost(new Dense(rows, shape.experts(), shape.hidden())));
  }

  /** Norms before attention and before the experts. */
  public KernelCost norms(double rows) {
    return norm(rows).times(NORMS);
  }

  /** One norm. */
  public KernelCost norm(double rows) {
    return kernels.cost(new Elementwise(rows, shape.hidden()));
  }

  /**
   * Attention of one token of each sequence.
   *
   * @param context keys of each in the mean
   * @param sliding whether no more of them are seen than the window
   */
  public KernelCost decodeAttention(double sequences, double context, boolean sliding) {
    return kernels.cost(
        new DecodeAttention(sequences, Math.max(1, context), window(sliding), heads, kv));
  }

  /** Attention of parts of prompts, all in one kernel. */
  public KernelCost promptAttention(StepWork.Chunk chunk, boolean sliding) {
    return kernels.cost(
        new PrefillAttention(
            chunk.sequences(),
            chunk.tokens(),
            chunk.before(),
            window(sliding),
            heads,
            kv,
            kv == KvPrecision.FP8));
  }

  private int window(boolean sliding) {
    return sliding ? shape.window() : 0;
  }

  /**
   * The fused mixture of experts.
   *
   * @param tokens that this GPU has, for its experts or not: all of the group where they are
   *     gathered, and those with an expert here where they are exchanged
   * @param rows of them that are for experts of this one
   * @param intermediate width inside an expert, this GPU's part of it
   * @param gpus over which whole experts are spread
   */
  public KernelCost experts(double tokens, ExpertRows rows, double intermediate, int gpus) {
    return kernels.cost(
        new Experts(
            tokens,
            rows,
            shape.hidden(),
            intermediate,
            shape.expertsPerToken(),
            gpus,
            precision,
            TileChoice.SEARCHED));
  }

  /**
   * One direction of the exchange of rows between the GPUs over which experts are spread.
   *
   * @param rows of each GPU
   * @param rowBytes of each row
   */
  public KernelCost exchange(Phase phase, double rows, double rowBytes, int gpus) {
    return kernels.cost(
        new AllToAll(Exchange.ONE_SIDED, phase, rows, rowBytes, targets(gpus), gpus));
  }

  /** GPUs that have an expert for a row, in the mean, if all are equally likely. */
  public double targets(int gpus) {
    return gpus * (1 - StrictMath.pow(1 - 1.0 / gpus, shape.expertsPerToken()));
  }

  /** The output matrix. */
  public KernelCost logits(double rows) {
    double outputs = Math.ceil((double) shape.vocabulary() / attentionGpus);
    return kernels.cost(new Dense(rows, outputs, shape.hidden()));
  }

  /** Choice of tokens from logits. */
  public KernelCost sampling(double rows) {
    return kernels.cost(new Sampling(rows, shape.vocabulary()));
  }
}
