package io.rack72.load;

import io.rack72.cli.CommandFailedException;

/** What several scenarios refuse, in the words of the command's options. */
final class Limits {
  private static final int MAX_REQUESTS = 1_000_000;
  private static final int MAX_CONCURRENCY = 4096;

  private Limits() {}

  static void requests(int requests) {
    inRange("--requests", requests, 1, MAX_REQUESTS);
  }

  static void concurrency(int concurrency) {
    inRange("--concurrency", concurrency, 1, MAX_CONCURRENCY);
  }

  static void warmup(int warmup) {
    inRange("--warmup", warmup, 0, MAX_REQUESTS);
  }

  static void inRange(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s is %d to %d, not %d".formatted(option, least, most, value));
    }
  }

  /**
   * Refuses what the server would refuse each time.
   *
   * @param tokens of the longest prompt and its reply
   */
  static void context(LoadClient client, long tokens) {
    if (client.contextTokens().isPresent() && tokens > client.contextTokens().getAsInt()) {
      throw new CommandFailedException(
          "prompts and replies have up to %d tokens together, and the context of %s has %d;"
                  .formatted(tokens, client.model(), client.contextTokens().getAsInt())
              + " ask for less with --prompt-tokens, --prefix-tokens or --output-tokens");
    }
  }
}
