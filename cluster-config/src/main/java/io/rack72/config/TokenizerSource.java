package io.rack72.config;

import java.nio.file.Path;

/** Where the tokenizer of a model comes from. */
public sealed interface TokenizerSource {
  /** From the checkpoint, or the built-in one where the vocabulary fits it, or none. */
  record Auto() implements TokenizerSource {}

  /** There is none: prompts are token ids. */
  record None() implements TokenizerSource {}

  /** The built-in o200k_harmony. */
  record Harmony() implements TokenizerSource {}

  /** A {@code tokenizer.json}. */
  record File(Path path) implements TokenizerSource {}
}
