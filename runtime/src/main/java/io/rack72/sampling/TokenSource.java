package io.rack72.sampling;

/** Where the tokens of sequences come from. Used by one GPU at a time; not thread-safe. */
@FunctionalInterface
public interface TokenSource {
  /**
   * Chooses a token.
   *
   * @param logits of which {@code vocabSize} from {@code offset} on are this token's; null where
   *     the device computes nothing; not changed
   * @param params whose token ids are in the vocabulary
   * @param history of the sequence so far
   * @param position of the chosen token in its sequence, prompt included
   * @throws BrokenLogitsException if no token can be chosen with these logits
   */
  SampledToken sample(
      float[] logits,
      int offset,
      int vocabSize,
      SamplingParams params,
      TokenCounts history,
      int position);
}
