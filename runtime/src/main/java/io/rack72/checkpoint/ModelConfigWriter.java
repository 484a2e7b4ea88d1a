package io.rack72.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Writes {@code config.json} and {@code generation_config.json} as the published models' are. */
final class ModelConfigWriter {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** The special tokens that a checkpoint's files name. */
  private record SpecialTokens(int beginOfText, int endOfText, int returnToken, int callToken) {

    static SpecialTokens of(int vocabSize) {
      if (vocabSize == ModelShape.HARMONY_VOCAB_SIZE) {
        return new SpecialTokens(199998, 199999, 200002, 200012);
      }
      // Another vocabulary is nobody's, so its last ids are as good as any.
      return new SpecialTokens(
          Math.max(0, vocabSize - 4),
          vocabSize - 1,
          Math.max(0, vocabSize - 3),
          Math.max(0, vocabSize - 2));
    }
  }

  private ModelConfigWriter() {}

  static void write(ModelConfig config, Path directory) throws IOException {
    SpecialTokens tokens = SpecialTokens.of(config.vocabSize());
    writeJson(directory.resolve(ModelConfigReader.FILE_NAME), modelConfig(config, tokens));
    writeJson(directory.resolve(GenerationConfig.FILE_NAME), generationConfig(tokens));
  }

  private static void writeJson(Path file, ObjectNode json) throws IOException {
    MAPPER.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), json);
  }

  private static ObjectNode modelConfig(ModelConfig config, SpecialTokens tokens) {
    ObjectNode json = MAPPER.createObjectNode();
    json.putArray("architectures").add("GptOssForCausalLM");
    json.put("attention_bias", true);
    json.put("eos_token_id", tokens.returnToken());
    json.put("experts_per_token", config.expertsPerToken());
    json.put("head_dim", config.headDim());
    json.put("hidden_act", "silu");
    json.put("hidden_size", config.hiddenSize());
    json.put("initial_context_length", config.ropeScaling().originalMaxPositions());
    json.put("intermediate_size", config.intermediateSize());
    ArrayNode layerTypes = json.putArray("layer_types");
    for (boolean sliding : config.slidingLayers()) {
      layerTypes.add(sliding ? "sliding_attention" : "full_attention");
    }
    json.put("max_position_embeddings", config.maxPositions());
    json.put("model_type", "gpt_oss");
    json.put("num_attention_heads", config.queryHeads());
    json.put("num_experts_per_tok", config.expertsPerToken());
    json.put("num_hidden_layers", config.layers());
    json.put("num_key_value_heads", config.kvHeads());
    json.put("num_local_experts", config.experts());
    json.put("pad_token_id", tokens.endOfText());
    ObjectNode quantization = json.putObject("quantization_config");
    ArrayNode unquantized = quantization.putArray("modules_to_not_convert");
    List.of(
            "model.layers.*.self_attn",
            "model.layers.*.mlp.router",
            "model.embed_tokens",
            "lm_head")
        .forEach(unquantized::add);
    quantization.put("quant_method", "mxfp4");
    json.put("rms_norm_eps", config.rmsNormEpsilon());
    ObjectNode rope = json.putObject("rope_scaling");
    rope.put("beta_fast", config.ropeScaling().betaFast());
    rope.put("beta_slow", config.ropeScaling().betaSlow());
    rope.put("factor", config.ropeScaling().factor());
    rope.put("original_max_position_embeddings", config.ropeScaling().originalMaxPositions());
    rope.put("rope_type", "yarn");
    rope.put("truncate", config.ropeScaling().truncate());
    json.put("rope_theta", config.ropeTheta());
    json.put("sliding_window", config.slidingWindow());
    json.put("swiglu_limit", config.swigluLimit());
    json.put("tie_word_embeddings", false);
    json.put("vocab_size", config.vocabSize());
    return json;
  }

  private static ObjectNode generationConfig(SpecialTokens tokens) {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("bos_token_id", tokens.beginOfText());
    json.put("do_sample", true);
    json.putArray("eos_token_id")
        .add(tokens.returnToken())
        .add(tokens.endOfText())
        .add(tokens.callToken());
    json.put("pad_token_id", tokens.endOfText());
    return json;
  }
}
