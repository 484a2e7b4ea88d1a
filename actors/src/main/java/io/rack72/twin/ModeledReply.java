package io.rack72.twin;

import io.rack72.device.ModeledTokens;
import io.rack72.sampling.SamplingParams;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The tokens of a reply of {@link ModeledTokens}. They can be drawn again, so nothing is kept of
 * them: the twin of a rack has tens of thousands of replies.
 *
 * @param promptLength tokens before the reply
 */
record ModeledReply(int promptLength, SamplingParams params, int vocabSize)
    implements IntFunction<int[]> {
  /** The first tokens of the reply. */
  @Override
  public int[] apply(int count) {
    return IntStream.range(promptLength, promptLength + count)
        .map(position -> ModeledTokens.at(position, params, vocabSize))
        .toArray();
  }
}
