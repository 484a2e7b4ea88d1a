package io.rack72.checkpoint;

import static io.rack72.checkpoint.CheckpointException.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads {@code config.json} as the published gpt-oss checkpoints have it. Whatever would make the
 * forward pass another one than it is here is refused rather than ignored.
 */
final class ModelConfigReader {
  static final String FILE_NAME = "config.json";

  /** A published config.json has two kilobytes. */
  static final int MAX_BYTES = 1 << 20;

  private ModelConfigReader() {}

  static ModelConfig read(Path file) {
    return read(JsonObject.parse(file, JsonObject.readBytes(file, MAX_BYTES)));
  }

  static ModelConfig read(JsonObject json) {
    requireValue(json, "model_type", "gpt_oss");
    requireValue(json, "hidden_act", "silu");
    requireValue(json, "attention_bias", true);
    requireValue(json, "tie_word_embeddings", false);
    requireValue(json.object("quantization_config"), "quant_method", "mxfp4");
    try {
      return new ModelConfig(
          json.integer("vocab_size"),
          json.integer("hidden_size"),
          slidingLayers(json),
          json.integer("num_attention_heads"),
          json.integer("num_key_value_heads"),
          json.integer("head_dim"),
          json.integer("num_local_experts"),
          expertsPerToken(json),
          json.integer("intermediate_size"),
          json.integer("sliding_window"),
          json.integer("max_position_embeddings"),
          (float) json.number("rms_norm_eps"),
          json.number("rope_theta"),
          ropeScaling(json.object("rope_scaling")),
          (float) json.number("swiglu_limit"));
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(json.file() + ": " + e.getMessage(), e);
    }
  }

  private static List<Boolean> slidingLayers(JsonObject json) {
    int layers = json.integer("num_hidden_layers");
    // Checked again in the record; here it bounds the list that is about to be made.
    if (layers < 1 || layers > ModelConfig.MAX_LAYERS) {
      throw json.bad(
          "num_hidden_layers",
          "must be from 1 to %d, not %d".formatted(ModelConfig.MAX_LAYERS, layers));
    }
    JsonNode types = json.array("layer_types");
    if (types.size() != layers) {
      throw json.bad(
          "layer_types",
          "names %d layers, but num_hidden_layers is %d".formatted(types.size(), layers));
    }
    List<Boolean> sliding = new ArrayList<>(layers);
    for (JsonNode type : types) {
      sliding.add(
          switch (type.textValue()) {
            case "sliding_attention" -> true;
            case "full_attention" -> false;
            case null, default ->
                throw json.bad(
                    "layer_types",
                    "must hold sliding_attention and full_attention only, not "
                        + quoted(type.toString()));
          });
    }
    return sliding;
  }

  /** The published file has the same number under two names; either is enough. */
  private static int expertsPerToken(JsonObject json) {
    if (!json.has("experts_per_token")) {
      return json.integer("num_experts_per_tok");
    }
    int experts = json.integer("experts_per_token");
    if (json.has("num_experts_per_tok") && json.integer("num_experts_per_tok") != experts) {
      throw json.bad(
          "num_experts_per_tok",
          "is %d, but experts_per_token is %d"
              .formatted(json.integer("num_experts_per_tok"), experts));
    }
    return experts;
  }

  private static RopeScaling ropeScaling(JsonObject json) {
    requireValue(json, "rope_type", "yarn");
    return new RopeScaling(
        json.number("factor"),
        json.number("beta_fast"),
        json.number("beta_slow"),
        json.integer("original_max_position_embeddings"),
        json.bool("truncate"));
  }

  private static void requireValue(JsonObject json, String field, String value) {
    String actual = json.string(field);
    if (!actual.equals(value)) {
      throw json.bad(field, "must be " + quoted(value) + ", not " + quoted(actual));
    }
  }

  private static void requireValue(JsonObject json, String field, boolean value) {
    if (json.bool(field) != value) {
      throw json.bad(field, "must be " + value);
    }
  }
}
