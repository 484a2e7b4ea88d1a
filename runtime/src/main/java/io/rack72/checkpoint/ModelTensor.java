package io.rack72.checkpoint;

import io.rack72.tensor.Mxfp4Matrix;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The tensors of a gpt-oss model, with the names, types and shapes that they have in the published
 * checkpoints. Matrices are stored as {@code [out, in]}. Expert tensors hold all experts of a layer
 * one after the other; their MXFP4 codes and scales are {@code [experts, out, in / 32, 16]} and
 * {@code [experts, out, in / 32]} bytes.
 */
public enum ModelTensor {
  EMBEDDING("model.embed_tokens.weight", ParameterClass.EMBEDDING),
  INPUT_NORM("input_layernorm.weight", ParameterClass.NORM),
  QUERY("self_attn.q_proj.weight", ParameterClass.ATTENTION),
  QUERY_BIAS("self_attn.q_proj.bias", ParameterClass.ATTENTION),
  KEY("self_attn.k_proj.weight", ParameterClass.ATTENTION),
  KEY_BIAS("self_attn.k_proj.bias", ParameterClass.ATTENTION),
  VALUE("self_attn.v_proj.weight", ParameterClass.ATTENTION),
  VALUE_BIAS("self_attn.v_proj.bias", ParameterClass.ATTENTION),
  ATTENTION_OUTPUT("self_attn.o_proj.weight", ParameterClass.ATTENTION),
  ATTENTION_OUTPUT_BIAS("self_attn.o_proj.bias", ParameterClass.ATTENTION),
  SINKS("self_attn.sinks", ParameterClass.ATTENTION),
  POST_ATTENTION_NORM("post_attention_layernorm.weight", ParameterClass.NORM),
  ROUTER("mlp.router.weight", ParameterClass.ROUTER),
  ROUTER_BIAS("mlp.router.bias", ParameterClass.ROUTER),
  GATE_UP_BLOCKS("mlp.experts.gate_up_proj_blocks", ParameterClass.EXPERTS),
  GATE_UP_SCALES("mlp.experts.gate_up_proj_scales", ParameterClass.EXPERTS),
  GATE_UP_BIAS("mlp.experts.gate_up_proj_bias", ParameterClass.EXPERTS),
  DOWN_BLOCKS("mlp.experts.down_proj_blocks", ParameterClass.EXPERTS),
  DOWN_SCALES("mlp.experts.down_proj_scales", ParameterClass.EXPERTS),
  DOWN_BIAS("mlp.experts.down_proj_bias", ParameterClass.EXPERTS),
  FINAL_NORM("model.norm.weight", ParameterClass.NORM),
  OUTPUT("lm_head.weight", ParameterClass.OUTPUT);

  /** 32 codes of 4 bits. */
  private static final long BYTES_PER_BLOCK = Mxfp4Matrix.BLOCK / 2;

  private final String name;
  private final ParameterClass parameterClass;

  ModelTensor(String name, ParameterClass parameterClass) {
    this.name = name;
    this.parameterClass = parameterClass;
  }

  /**
   * One tensor of a model of a certain shape.
   *
   * @param kind what it is
   * @param layer the layer it belongs to; 0 for a tensor that belongs to none
   * @param name its name in the checkpoint
   * @param shape dimensions, outermost first
   */
  record Instance(ModelTensor kind, int layer, String name, List<Long> shape) {
    long elements() {
      return shape.stream().reduce(1L, Math::multiplyExact);
    }

    long bytes() {
      return elements() * kind.dtype().bits() / Byte.SIZE;
    }
  }

  /** All tensors of a model, from the embedding through the layers to the output. */
  static List<Instance> allOf(ModelConfig config) {
    List<Instance> all = new ArrayList<>();
    all.add(EMBEDDING.instance(config, 0));
    for (int layer = 0; layer < config.layers(); layer++) {
      for (ModelTensor kind : values()) {
        if (kind.perLayer()) {
          all.add(kind.instance(config, layer));
        }
      }
    }
    all.add(FINAL_NORM.instance(config, 0));
    all.add(OUTPUT.instance(config, 0));
    return Collections.unmodifiableList(all);
  }

  private Instance instance(ModelConfig config, int layer) {
    return new Instance(this, layer, nameIn(layer), shape(config));
  }

  /** Whether every layer has one. */
  public boolean perLayer() {
    return this != EMBEDDING && this != FINAL_NORM && this != OUTPUT;
  }

  /** The name in a checkpoint; {@code layer} is ignored for a tensor that belongs to none. */
  public String nameIn(int layer) {
    return perLayer() ? "model.layers." + layer + "." + name : name;
  }

  /** The element type that a checkpoint must store it in. */
  public Dtype dtype() {
    return isBlocks() || isScales() ? Dtype.U8 : Dtype.BF16;
  }

  /** What it is counted as. */
  public ParameterClass parameterClass() {
    return parameterClass;
  }

  /** Whether its bytes are MXFP4 codes, two to a byte. */
  boolean isBlocks() {
    return this == GATE_UP_BLOCKS || this == DOWN_BLOCKS;
  }

  /** Whether its bytes are the shared exponents of MXFP4 blocks. */
  boolean isScales() {
    return this == GATE_UP_SCALES || this == DOWN_SCALES;
  }

  private List<Long> shape(ModelConfig config) {
    long hidden = config.hiddenSize();
    long queryWidth = config.queryWidth();
    long kvWidth = config.kvWidth();
    long experts = config.experts();
    long intermediate = config.intermediateSize();
    return switch (this) {
      case EMBEDDING, OUTPUT -> List.of((long) config.vocabSize(), hidden);
      case INPUT_NORM, POST_ATTENTION_NORM, FINAL_NORM, ATTENTION_OUTPUT_BIAS -> List.of(hidden);
      case QUERY -> List.of(queryWidth, hidden);
      case QUERY_BIAS -> List.of(queryWidth);
      case KEY, VALUE -> List.of(kvWidth, hidden);
      case KEY_BIAS, VALUE_BIAS -> List.of(kvWidth);
      case ATTENTION_OUTPUT -> List.of(hidden, queryWidth);
      case SINKS -> List.of((long) config.queryHeads());
      case ROUTER -> List.of(experts, hidden);
      case ROUTER_BIAS -> List.of(experts);
      case GATE_UP_BLOCKS ->
          List.of(experts, 2 * intermediate, hidden / Mxfp4Matrix.BLOCK, BYTES_PER_BLOCK);
      case GATE_UP_SCALES -> List.of(experts, 2 * intermediate, hidden / Mxfp4Matrix.BLOCK);
      case GATE_UP_BIAS -> List.of(experts, 2 * intermediate);
      case DOWN_BLOCKS ->
          List.of(experts, hidden, intermediate / Mxfp4Matrix.BLOCK, BYTES_PER_BLOCK);
      case DOWN_SCALES -> List.of(experts, hidden, intermediate / Mxfp4Matrix.BLOCK);
      case DOWN_BIAS -> List.of(experts, hidden);
    };
  }
}
