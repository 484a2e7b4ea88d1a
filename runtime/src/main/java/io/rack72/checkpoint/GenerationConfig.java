package io.rack72.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a checkpoint says about generating with it, from {@code generation_config.json}. Immutable.
 *
 * @param stopTokenIds ids that end a generation, ascending, each less than the vocabulary size
 * @param padTokenId id that fills batches, where there is one
 * @param bosTokenId id that begins a text, where there is one
 * @param temperature default sampling temperature, where one is given; 0, which is greedy, where
 *     {@code do_sample} is false
 * @param topP default nucleus, where one is given
 * @param topK default number of candidates, where one is given
 */
public record GenerationConfig(
    List<Integer> stopTokenIds,
    OptionalInt padTokenId,
    OptionalInt bosTokenId,
    OptionalDouble temperature,
    OptionalDouble topP,
    OptionalInt topK) {

  static final String FILE_NAME = "generation_config.json";

  private static final String EOS_TOKEN_ID = "eos_token_id";
  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_STOP_TOKENS = 256;

  /**
   * {@code <|return|>} and {@code <|call|>} of the o200k_harmony vocabulary. The published
   * conversion script writes the first but not the second, and a model that is not stopped at
   * {@code <|call|>} goes on to make up the result of its own tool call. So both are stop tokens of
   * every model with that vocabulary, whatever its files say (openai/harmony, src/registry.rs,
   * {@code stop_formatting_tokens_for_assistant_actions}).
   */
  private static final List<Integer> HARMONY_STOP_TOKEN_IDS = List.of(200002, 200012);

  public GenerationConfig {
    stopTokenIds = List.copyOf(stopTokenIds);
  }

  /**
   * Reads {@code generation_config.json}. Where it or its {@code eos_token_id} is missing, the stop
   * tokens are those of {@code config.json}.
   *
   * @throws CheckpointException naming the file and the field, if a field is malformed or an id is
   *     not in the vocabulary
   */
  static GenerationConfig read(Path file, JsonObject modelConfig, int vocabSize) {
    if (!Files.exists(file)) {
      return new GenerationConfig(
          stopTokenIds(modelConfig, vocabSize),
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalDouble.empty(),
          OptionalDouble.empty(),
          OptionalInt.empty());
    }
    JsonObject json = JsonObject.parse(file, JsonObject.readBytes(file, MAX_BYTES));
    return new GenerationConfig(
        stopTokenIds(json.has(EOS_TOKEN_ID) ? json : modelConfig, vocabSize),
        tokenId(json, "pad_token_id", vocabSize),
        tokenId(json, "bos_token_id", vocabSize),
        temperature(json),
        inRange(json, "top_p", 0, 1),
        topK(json));
  }

  private static List<Integer> stopTokenIds(JsonObject json, int vocabSize) {
    SortedSet<Integer> ids = new TreeSet<>();
    Optional<JsonNode> eos = json.optional(EOS_TOKEN_ID);
    if (eos.isPresent() && eos.get().isArray()) {
      if (eos.get().size() > MAX_STOP_TOKENS) {
        throw json.bad(EOS_TOKEN_ID, "holds more than " + MAX_STOP_TOKENS + " ids");
      }
      for (JsonNode id : eos.get()) {
        ids.add(tokenId(json, EOS_TOKEN_ID, id, vocabSize));
      }
    } else if (eos.isPresent()) {
      ids.add(tokenId(json, EOS_TOKEN_ID, eos.get(), vocabSize));
    }
    if (vocabSize == ModelShape.HARMONY_VOCAB_SIZE) {
      ids.addAll(HARMONY_STOP_TOKEN_IDS);
    }
    return List.copyOf(ids);
  }

  private static OptionalInt tokenId(JsonObject json, String field, int vocabSize) {
    return json.has(field)
        ? OptionalInt.of(tokenId(json, field, json.optional(field).orElseThrow(), vocabSize))
        : OptionalInt.empty();
  }

  private static int tokenId(JsonObject json, String field, JsonNode value, int vocabSize) {
    int id = json.integer(field, value);
    if (id < 0 || id >= vocabSize) {
      throw json.bad(
          field, "must hold ids from 0 to %d (vocab_size), not %d".formatted(vocabSize - 1, id));
    }
    return id;
  }

  /**
   * A {@code do_sample} of false means greedy, and the temperature beside it nothing, as in Hugging
   * Face's own library. That library takes a missing one for false too; here it leaves the
   * temperature alone, since servers and their clients expect replies to be sampled.
   */
  private static OptionalDouble temperature(JsonObject json) {
    OptionalDouble given = inRange(json, "temperature", 0, 100);
    boolean greedy = json.has("do_sample") && !json.bool("do_sample");
    return greedy ? OptionalDouble.of(0) : given;
  }

  private static OptionalDouble inRange(JsonObject json, String field, double min, double max) {
    if (!json.has(field)) {
      return OptionalDouble.empty();
    }
    double value = json.number(field);
    if (value < min || value > max) {
      throw json.bad(field, "must be from %s to %s, not %s".formatted(min, max, value));
    }
    return OptionalDouble.of(value);
  }

  private static OptionalInt topK(JsonObject json) {
    if (!json.has("top_k")) {
      return OptionalInt.empty();
    }
    int topK = json.integer("top_k");
    if (topK < 0) {
      throw json.bad("top_k", "must not be negative, as " + topK + " is");
    }
    return OptionalInt.of(topK);
  }
}
