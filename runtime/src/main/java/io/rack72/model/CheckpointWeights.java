package io.rack72.model;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.checkpoint.ModelConfig;
import io.rack72.tensor.Bf16Matrix;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The weights of an opened checkpoint: norms and sinks widened, everything else left where it is
 * mapped. Usable until the checkpoint is closed, which remains its opener's duty.
 */
public final class CheckpointWeights implements ModelWeights {
  private final Checkpoint checkpoint;
  private final Bf16Matrix embedding;
  private final List<Layer> layers;
  private final float[] finalNorm;
  private final Bf16Matrix output;
  private final long sharedBytes;
  private final long expertBytes;

  public CheckpointWeights(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
    embedding = checkpoint.embedding();
    layers =
        IntStream.range(0, checkpoint.config().layers())
            .mapToObj(layer -> layerOf(checkpoint, layer))
            .toList();
    finalNorm = checkpoint.finalNorm().toFloats();
    output = checkpoint.outputMatrix();
    sharedBytes = checkpoint.sharedBytes();
    // Every layer's experts have the same shape, and so the same size.
    expertBytes = checkpoint.expertBytes(0);
  }

  private static Layer layerOf(Checkpoint checkpoint, int layer) {
    return new Layer(
        checkpoint.inputNorm(layer).toFloats(),
        checkpoint.query(layer),
        checkpoint.queryBias(layer),
        checkpoint.key(layer),
        checkpoint.keyBias(layer),
        checkpoint.value(layer),
        checkpoint.valueBias(layer),
        checkpoint.attentionOutput(layer),
        checkpoint.attentionOutputBias(layer),
        checkpoint.sinks(layer).toFloats(),
        checkpoint.postAttentionNorm(layer).toFloats(),
        checkpoint.router(layer),
        checkpoint.routerBias(layer));
  }

  @Override
  public ModelConfig config() {
    return checkpoint.config();
  }

  @Override
  public Bf16Matrix embedding() {
    return embedding;
  }

  @Override
  public Layer layer(int layer) {
    return layers.get(layer);
  }

  @Override
  public Expert expert(int layer, int expert) {
    return new Expert(
        checkpoint.gateUp(layer, expert),
        checkpoint.gateUpBias(layer, expert),
        checkpoint.down(layer, expert),
        checkpoint.downBias(layer, expert));
  }

  @Override
  public float[] finalNorm() {
    return finalNorm;
  }

  @Override
  public Bf16Matrix output() {
    return output;
  }

  @Override
  public long sharedBytes() {
    return sharedBytes;
  }

  @Override
  public long expertBytes() {
    return expertBytes;
  }
}
