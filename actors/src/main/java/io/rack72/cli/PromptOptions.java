package io.rack72.cli;

import io.rack72.rack.ServedModel;
import io.rack72.text.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** A prompt: text, token ids, or what stands on standard input. */
final class PromptOptions {
  private static final int MAX_BYTES = 16 << 20;

  @Option(names = "--prompt", paramLabel = "TEXT", description = "The prompt.")
  private String text;

  @Option(names = "--prompt-ids", paramLabel = "1,2,3", description = "The prompt as token ids.")
  private String ids;

  /** Whether more than one prompt was given. */
  boolean areAmbiguous() {
    return text != null && ids != null;
  }

  /**
   * Reads the prompt.
   *
   * @param in is read to its end where no option gives the prompt
   * @throws CommandFailedException if it is no prompt for the model
   */
  int[] read(ServedModel model, InputStream in) throws IOException {
    int[] prompt = ids != null ? parsedIds() : encoded(model, text != null ? text : all(in));
    if (prompt.length == 0) {
      throw new CommandFailedException("the prompt is empty; it needs at least one token");
    }
    int vocabSize = model.config().vocabSize();
    for (int id : prompt) {
      if (id < 0 || id >= vocabSize) {
        throw new CommandFailedException(
            "token id %d is not in the model's vocabulary, 0 to %d".formatted(id, vocabSize - 1));
      }
    }
    if (prompt.length >= model.contextLimit()) {
      throw new CommandFailedException(
          "the prompt has %d tokens, and the context on this rack has room for %d and a reply"
              .formatted(prompt.length, model.contextLimit() - 1));
    }
    return prompt;
  }

  private int[] parsedIds() {
    try {
      return Stream.of(ids.split(",", -1)).map(String::strip).mapToInt(Integer::parseInt).toArray();
    } catch (NumberFormatException e) {
      throw new CommandFailedException(
          "--prompt-ids takes token ids with commas between, such as 1,2,3, not '" + ids + "'", e);
    }
  }

  private static int[] encoded(ServedModel model, String text) {
    Tokenizer tokenizer =
        model
            .tokenizer()
            .orElseThrow(
                () ->
                    new CommandFailedException(
                        "the model has no tokenizer: give the prompt with --prompt-ids"));
    return tokenizer.encode(text);
  }

  private static String all(InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) {
      throw new CommandFailedException("the prompt on standard input has more than 16 MiB");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
