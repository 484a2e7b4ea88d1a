package io.rack72.twin;

import io.rack72.device.ModeledTokens;
import io.rack72.resume.TokensSoFar;
import io.rack72.sampling.SamplingParams;
import java.util.stream.IntStream;

/**
 * The tokens of a reply of {@link ModeledTokens}. They can be drawn again, so their number is all
 * that is kept: the twin of a rack has tens of thousands of replies. Not thread-safe.
 */
final class ModeledReply implements TokensSoFar {
  private final int promptLength;
  private final SamplingParams params;
  private final int vocabSize;
  private int size;

  ModeledReply(int promptLength, SamplingParams params, int vocabSize) {
    this.promptLength = promptLength;
    this.params = params;
    this.vocabSize = vocabSize;
  }

  @Override
  public void add(int id) {
    size++;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public int[] toArray() {
    return IntStream.range(promptLength, promptLength + size)
        .map(position -> ModeledTokens.at(position, params, vocabSize))
        .toArray();
  }
}
