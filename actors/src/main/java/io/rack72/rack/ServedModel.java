package io.rack72.rack;

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
 * @param createdEpochSeconds when the checkpoint was made, for {@code /v1/models}
 */
public record ServedModel(
    String name,
    ModelConfig config,
    Set<Integer> stopIds,
    Optional<Tokenizer> tokenizer,
    int contextLimit,
    String fingerprint,
    long createdEpochSeconds) {
  public ServedModel {
    stopIds = Set.copyOf(stopIds);
  }
}
