package io.rack72.cli;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.checkpoint.ModelShape;
import io.rack72.config.DeviceKind;
import io.rack72.config.ModelSettings;
import io.rack72.config.Rack72Config;
import io.rack72.config.TokenizerSource;
import io.rack72.text.HuggingFaceTokenizer;
import io.rack72.text.O200kHarmonyTokenizer;
import io.rack72.text.Tokenizer;
import io.rack72.text.Tokenizers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model ready to be put on a rack.
 *
 * @param checkpoint open, and checked through
 * @param name by which clients ask for it
 * @param tokenizer absent where prompts are token ids
 */
public record OpenModel(Checkpoint checkpoint, String name, Optional<Tokenizer> tokenizer)
    implements AutoCloseable {

  /**
   * Opens the model that is configured.
   *
   * @throws CommandFailedException if that is the one that comes with the program, which is
   *     missing, or if devices are to be modeled
   */
  static OpenModel open(Rack72Config config, Invocation invocation) {
    return open(config, config.model(), invocation);
  }

  private static OpenModel open(
      Rack72Config config, ModelSettings settings, Invocation invocation) {
    if (config.device() == DeviceKind.MODELED) {
      throw new CommandFailedException(
          "this command computes, and only serve and twin have modeled devices;"
              + " leave out --device modeled (rack72.device)");
    }
    Path directory =
        settings.directory().or(invocation::bundledModel).orElseThrow(BundledModel::missing);
    requireWeights(directory);
    Checkpoint checkpoint = Checkpoint.open(directory);
    try {
      return new OpenModel(
          checkpoint,
          settings.name().orElseGet(() -> name(directory)),
          tokenizer(settings.tokenizer(), checkpoint));
    } catch (RuntimeException | Error e) {
      checkpoint.close();
      throw e;
    }
  }

  /** A shape has a name too, by which only modeled devices know it. */
  private static void requireWeights(Path directory) {
    String name = directory.toString();
    if (!Files.exists(directory)
        && ModelShape.presets().stream().anyMatch(shape -> shape.name().equals(name))) {
      throw new CommandFailedException(
          "there is no directory %s with weights; without them 'rack72 twin' and".formatted(name)
              + " 'rack72 serve --device modeled' take --model %s".formatted(name));
    }
  }

  /** The same model without its tokenizer, for a node that has nothing to do with text. */
  static OpenModel openWeights(Rack72Config config, Invocation invocation) {
    return open(config, config.model().withoutTokenizer(), invocation);
  }

  private static String name(Path directory) {
    Path name = directory.toAbsolutePath().normalize().getFileName();
    return name == null ? directory.toString() : name.toString();
  }

  private static Optional<Tokenizer> tokenizer(TokenizerSource source, Checkpoint checkpoint) {
    int vocabSize = checkpoint.config().vocabSize();
    return switch (source) {
      case TokenizerSource.Auto() -> Tokenizers.forCheckpoint(checkpoint.directory(), vocabSize);
      case TokenizerSource.None() -> Optional.empty();
      case TokenizerSource.File(Path file) ->
          Optional.of(HuggingFaceTokenizer.load(file, vocabSize));
      case TokenizerSource.Harmony() -> {
        if (vocabSize < O200kHarmonyTokenizer.VOCABULARY_SIZE) {
          throw new CommandFailedException(
              "rack72.model.tokenizer is harmony, whose %d ids the model's vocabulary of %d lacks"
                  .formatted(O200kHarmonyTokenizer.VOCABULARY_SIZE, vocabSize));
        }
        yield Optional.of(O200kHarmonyTokenizer.instance());
      }
    };
  }

  @Override
  public void close() {
    checkpoint.close();
  }
}
