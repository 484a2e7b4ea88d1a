package io.rack72.text;

import io.rack72.checkpoint.CheckpointException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the tokenizer that belongs to a checkpoint. */
public final class Tokenizers {
  private static final String FILE_NAME = "tokenizer.json";

  private Tokenizers() {}

  /**
   * The tokenizer of a checkpoint: o200k_harmony where the model has exactly its number of ids,
   * since that is what every gpt-oss model was trained with; else the {@code tokenizer.json} in the
   * directory; else none, and then prompts can only be given as token ids.
   *
   * @throws CheckpointException where a {@code tokenizer.json} is there but cannot be used
   */
  public static Optional<Tokenizer> forCheckpoint(Path directory, int vocabSize) {
    if (vocabSize == O200kHarmonyTokenizer.VOCABULARY_SIZE) {
      return Optional.of(O200kHarmonyTokenizer.instance());
    }
    Path file = directory.resolve(FILE_NAME);
    return Files.exists(file)
        ? Optional.of(HuggingFaceTokenizer.load(file, vocabSize))
        : Optional.empty();
  }
}
