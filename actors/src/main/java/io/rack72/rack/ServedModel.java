package io.rack72.rack;

import io.rack72.checkpoint.GenerationConfig;
import io.rack72.checkpoint.ModelConfig;
import io.rack72.text.Tokenizer;
import java.util.Optional;
import java.util.Set;

/**
 * The model that a rack serves, as a gateway must know it. Immutable.
 *
 * @param name by which clients ask for it
 * @param config its shape
 * @param stopIds token ids that end a reply
 * @param tokenizer absent where the checkpoint has none: then prompts are token ids
 * @param contextLimit tokens of prompt and reply together that a sequence can have on this rack
 * @param fingerprint short hash of the checkpoint and the numeric mode, for {@code
 *     system_fingerprint}
 * @param sampling how tokens are chosen where a request does not say
 * @param createdEpochSeconds when the checkpoint was made, for {@code /v1/models}
 */
public record ServedModel(
    String name,
    ModelConfig config,
    Set<Integer> stopIds,
    Optional<Tokenizer> tokenizer,
    int contextLimit,
    String fingerprint,
    SamplingDefaults sampling,
    long createdEpochSeconds) {
  /**
   * How a model wants its tokens chosen.
   *
   * @param temperature at least 0; 0 takes the likeliest token
   * @param topP nucleus, above 0 to 1
   * @param topK number of candidates; 0 for all
   */
  public record SamplingDefaults(float temperature, float topP, int topK) {
    /** All tokens, as likely as the model makes them. */
    public static final SamplingDefaults PLAIN = new SamplingDefaults(1, 1, 0);

    /** Those that a checkpoint names, and plain ones for the rest. */
    public static SamplingDefaults of(GenerationConfig config) {
      float topP = (float) config.topP().orElse(PLAIN.topP());
      return new SamplingDefaults(
          (float) config.temperature().orElse(PLAIN.temperature()),
          // A nucleus of nothing is one of the likeliest token alone.
          Math.max(topP, Float.MIN_NORMAL),
          config.topK().orElse(PLAIN.topK()));
    }
  }

  public ServedModel {
    stopIds = Set.copyOf(stopIds);
  }
}
