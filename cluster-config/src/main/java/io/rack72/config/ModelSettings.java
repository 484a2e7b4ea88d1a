package io.rack72.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The model to serve.
 *
 * @param directory of the checkpoint; empty for the demo model
 * @param name by which clients ask for it; empty to take that of the directory
 * @param tokenizer where the tokenizer comes from
 */
public record ModelSettings(
    Optional<Path> directory, Optional<String> name, TokenizerSource tokenizer) {}
