package io.rack72.resume;

import io.rack72.schedule.FinishReason;
import java.util.Arrays;
import java.util.Optional;

/**
 * What is known of one choice of a stream.
 *
 * @param tokens generated, from the first on, never changed
 * @param finish why it ended by itself, where the last of these tokens is its last
 * @param cachedTokens of its prompt that had been computed for others, or {@link #UNKNOWN}
 * @param gpu index of the GPU that has its sequence, or {@link #UNKNOWN}
 */
public record ChoiceState(int[] tokens, Optional<FinishReason> finish, int cachedTokens, int gpu) {
  /** What has not been heard of yet. */
  public static final int UNKNOWN = -1;

  public ChoiceState {
    if (cachedTokens < UNKNOWN || gpu < UNKNOWN || (finish.isPresent() && tokens.length == 0)) {
      throw new IllegalArgumentException(
          "cached tokens and GPU are from -1 on, and what has ended has a token: %d, %d, %d"
              .formatted(cachedTokens, gpu, tokens.length));
    }
  }

  /** The same as of so many tokens, at most all. */
  public ChoiceState first(int count) {
    return count == tokens.length
        ? this
        : new ChoiceState(Arrays.copyOf(tokens, count), Optional.empty(), cachedTokens, gpu);
  }
}
