package io.rack72.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The model to serve.
 *
 * @param directory of the checkpoint; empty for the model that comes with the program
 * @param name by which clients ask for it; empty to take that of the directory
 * @param tokenizer where the tokenizer comes from
 */
public record ModelSettings(
    Optional<Path> directory, Optional<String> name, TokenizerSource tokenizer) {
  /** What stands for the model that comes with the program, in the place of a directory. */
  public static final String BUNDLED = "rack72-mini";

  /** The same model, whose prompts are token ids. */
  public ModelSettings withoutTokenizer() {
    return new ModelSettings(directory, name, new TokenizerSource.None());
  }
}
