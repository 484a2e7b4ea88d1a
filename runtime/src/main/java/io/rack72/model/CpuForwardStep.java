package io.rack72.model;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.kernel.ExpertChoice;
import io.rack72.kernel.Kernels;
import io.rack72.kernel.KvFormat;
import io.rack72.kernel.RotaryTable;
import io.rack72.kv.KvLayout;
import io.rack72.model.ForwardObserver.Stage;
import io.rack72.tensor.Bf16Vector;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The forward pass of gpt-oss, computed: everything but the experts, which other GPUs own.
 *
 * <p>The architecture is that of OpenAI's reference, {@code gpt_oss/torch/model.py}: pre-norm
 * attention with YaRN rotary embedding, grouped key and value heads, a sink per query head and a
 * sliding window on some layers; then a router that sends each token to its best few experts.
 *
 * <p>The arrays belong to the step and serve all its layers.
 */
final class CpuForwardStep implements ForwardStep {
  private final ModelWeights weights;
  private final ModelConfig config;
  private final Kernels kernels;
  private final ForwardObserver observer;
  private final StepBatch batch;
  private final Kernels.AttentionShape attentionShape;
  private final int rows;
  private final int hiddenSize;

  private final float[] residual; // [rows, hiddenSize]
  private final float[] hidden; // [rows, hiddenSize], normalised or about to join the residual
  private final float[] queries; // [rows, queryWidth]
  private final float[] keys; // [rows, kvWidth]
  private final float[] values; // [rows, kvWidth]
  private final float[] attended; // [rows, queryWidth]
  private final float[] routerLogits; // [rows, experts]
  private final float[] cosines; // [rows, headDim / 2]
  private final float[] sines; // [rows, headDim / 2]

  private Routing routing;
  private int callsMade;

  CpuForwardStep(
      ModelWeights weights,
      Kernels kernels,
      RotaryTable rotary,
      ForwardObserver observer,
      StepBatch batch) {
    this.weights = weights;
    this.kernels = kernels;
    this.observer = observer;
    this.batch = batch;
    config = weights.config();
    attentionShape =
        new Kernels.AttentionShape(
            config.queryHeads(),
            config.kvHeads(),
            config.headDim(),
            (float) (1 / Math.sqrt(config.headDim())));
    rows = batch.rows();
    hiddenSize = config.hiddenSize();

    residual = new float[rows * hiddenSize];
    hidden = new float[rows * hiddenSize];
    queries = new float[rows * config.queryWidth()];
    keys = new float[rows * config.kvWidth()];
    values = new float[rows * config.kvWidth()];
    attended = new float[rows * config.queryWidth()];
    routerLogits = new float[rows * config.experts()];
    cosines = new float[rows * config.headDim() / 2];
    sines = new float[rows * config.headDim() / 2];

    rotary.fill(positions(), rows, cosines, sines);
    embed();
  }

  private void embed() {
    for (int row = 0; row < rows; row++) {
      Bf16Vector embedding = weights.embedding().row(batch.tokenIds()[row]);
      for (int i = 0; i < hiddenSize; i++) {
        residual[row * hiddenSize + i] = embedding.get(i);
      }
    }
    observer.saw(Stage.EMBEDDING, -1, residual, rows);
  }

  @Override
  public Routing route(int layer, long nowNanos) {
    expectCall(2 * layer, "route");
    ModelWeights.Layer w = weights.layer(layer);

    kernels.rmsNorm(residual, rows, w.attentionNorm(), config.rmsNormEpsilon(), hidden);
    attend(layer, w);
    kernels.addScaled(1, hidden, 0, residual, 0, rows * hiddenSize);
    observer.saw(Stage.AFTER_ATTENTION, layer, residual, rows);

    kernels.rmsNorm(residual, rows, w.expertNorm(), config.rmsNormEpsilon(), hidden);
    kernels.multiply(w.router(), w.routerBias(), hidden, rows, routerLogits);
    observer.saw(Stage.ROUTER_LOGITS, layer, routerLogits, rows);
    routing = chooseExperts(nowNanos);
    return routing;
  }

  /** Self-attention from {@code hidden} to {@code hidden}. */
  private void attend(int layer, ModelWeights.Layer w) {
    kernels.multiply(w.query(), w.queryBias(), hidden, rows, queries);
    kernels.multiply(w.key(), w.keyBias(), hidden, rows, keys);
    kernels.multiply(w.value(), w.valueBias(), hidden, rows, values);
    kernels.rotate(queries, rows, config.queryHeads(), config.headDim(), cosines, sines);
    kernels.rotate(keys, rows, config.kvHeads(), config.headDim(), cosines, sines);

    int window = config.sliding(layer) ? config.slidingWindow() : 0;
    List<Kernels.SequenceRows> sequences = new ArrayList<>();
    for (StepBatch.Slice slice : batch.slices()) {
      Kernels.KvPages pages = pages(slice, layer);
      store(slice, pages);
      sequences.add(
          new Kernels.SequenceRows(pages, slice.firstRow(), slice.rows(), slice.firstPosition()));
    }
    kernels.attend(attentionShape, sequences, w.sinks(), queries, window, attended);
    kernels.multiply(w.output(), w.outputBias(), attended, rows, hidden);
  }

  @Override
  public long combine(int layer, float[] outputs, long nowNanos) {
    expectCall(2 * layer + 1, "combine");
    // Added in the order of the ranking, whoever ran the experts and whenever they answered.
    int k = config.expertsPerToken();
    for (int i = 0; i < rows * k; i++) {
      kernels.addScaled(
          routing.weights()[i], outputs, i * hiddenSize, residual, i / k * hiddenSize, hiddenSize);
    }
    observer.saw(Stage.HIDDEN, layer, residual, rows);
    return nowNanos;
  }

  @Override
  public Logits logits(long nowNanos) {
    expectCall(2 * config.layers(), "logits");
    int logitRows = batch.logitRows();
    float[] normed = new float[logitRows * hiddenSize];
    int to = 0;
    for (StepBatch.Slice slice : batch.slices()) {
      int from = slice.firstRow() + slice.rows() - slice.logitRows();
      int length = slice.logitRows() * hiddenSize;
      System.arraycopy(residual, from * hiddenSize, normed, to, length);
      to += length;
    }

    kernels.rmsNorm(normed, logitRows, weights.finalNorm(), config.rmsNormEpsilon(), normed);
    observer.saw(Stage.FINAL_NORM, config.layers(), normed, logitRows);
    float[] logits = new float[logitRows * config.vocabSize()];
    kernels.multiply(weights.output(), null, normed, logitRows, logits);
    return new Logits(logits, nowNanos);
  }

  private int[] positions() {
    int[] positions = new int[rows];
    for (StepBatch.Slice slice : batch.slices()) {
      for (int r = 0; r < slice.rows(); r++) {
        positions[slice.firstRow() + r] = slice.firstPosition() + r;
      }
    }
    return positions;
  }

  private Routing chooseExperts(long nowNanos) {
    int k = config.expertsPerToken();
    int[] experts = new int[rows * k];
    float[] expertWeights = new float[rows * k];
    for (int row = 0; row < rows; row++) {
      ExpertChoice.choose(
          routerLogits,
          row * config.experts(),
          config.experts(),
          k,
          experts,
          expertWeights,
          row * k);
    }
    return new Routing(hidden, experts, expertWeights, nowNanos);
  }

  private Kernels.KvPages pages(StepBatch.Slice slice, int layer) {
    KvLayout layout = slice.kv().layout();
    return new Kernels.KvPages(
        slice.kv().blocks(config.sliding(layer)),
        layout.blockTokens(),
        layout.keyOffsetBytes(layer),
        layout.valueOffsetBytes(layer));
  }

  /** Writes the keys and values of a slice's rows into its sequence's blocks. */
  private void store(StepBatch.Slice slice, Kernels.KvPages pages) {
    KvFormat format = kernels.kvFormat();
    int headDim = config.headDim();
    for (int r = 0; r < slice.rows(); r++) {
      int position = slice.firstPosition() + r;
      MemorySegment block = pages.blocks()[position / pages.blockTokens()];
      int token = position % pages.blockTokens();
      for (int head = 0; head < config.kvHeads(); head++) {
        int from = (slice.firstRow() + r) * config.kvWidth() + head * headDim;
        long vector = (long) head * pages.blockTokens() + token;
        long to = vector * format.vectorBytes(headDim);
        format.store(keys, from, headDim, block, pages.keyOffsetBytes() + to);
        format.store(values, from, headDim, block, pages.valueOffsetBytes() + to);
      }
    }
  }

  /** Calls are numbered: 2l is {@code route(l)}, 2l + 1 is {@code combine(l)}, then logits. */
  private void expectCall(int number, String name) {
    if (number != callsMade) {
      throw new IllegalStateException(
          name + " is call " + number + " of a step, but call " + callsMade + " is due");
    }
    callsMade++;
  }
}
