package io.rack72.roofline;

import io.rack72.checkpoint.ModelConfig;

/**
 * The sizes of a gpt-oss model on which durations depend. Immutable.
 *
 * @param fullLayers whose attention sees the whole context
 * @param slidingLayers whose attention sees the window
 * @param window keys
 * @param hidden width of the residual stream
 * @param heads of attention
 * @param experts of each layer
 * @param expertsPerToken that the router picks
 * @param intermediate width inside an expert
 * @param vocabulary rows of the output matrix
 */
public record DecoderShape(
    int fullLayers,
    int slidingLayers,
    int window,
    int hidden,
    Kernel.Heads heads,
    int experts,
    int expertsPerToken,
    int intermediate,
    int vocabulary) {

  /** That of a checkpoint. */
  public static DecoderShape of(ModelConfig config) {
    int sliding = (int) config.slidingLayers().stream().filter(each -> each).count();
    return new DecoderShape(
        config.layers() - sliding,
        sliding,
        config.slidingWindow(),
        config.hiddenSize(),
        new Kernel.Heads(config.queryHeads(), config.kvHeads(), config.headDim()),
        config.experts(),
        config.expertsPerToken(),
        config.intermediateSize(),
        config.vocabSize());
  }

  /** That of gpt-oss-120b. */
  public static DecoderShape gptOss120b() {
    return gptOss(18, 128);
  }

  /** That of gpt-oss-20b. */
  public static DecoderShape gptOss20b() {
    return gptOss(12, 32);
  }

  private static DecoderShape gptOss(int layersOfEachKind, int experts) {
    return new DecoderShape(
        layersOfEachKind,
        layersOfEachKind,
        128,
        2880,
        new Kernel.Heads(64, 8, 64),
        experts,
        4,
        2880,
        201_088);
  }

  /** All layers. */
  public int layers() {
    return fullLayers + slidingLayers;
  }
}
