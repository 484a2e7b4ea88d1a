package io.rack72.device;

import io.rack72.sampling.CounterRandom;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.sampling.TokenCounts;
import io.rack72.sampling.TokenSource;
import io.rack72.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Tokens for clients that want to see a reply and do not mind what it says: English words at
 * random, in a harmony message where the vocabulary has those, and an end after a random number of
 * tokens. Each token depends on the request's seed and its place alone, so a reply goes on the same
 * wherever it is made. Thread-safe.
 */
public final class StandInTokens implements TokenSource {
  private static final Pattern WORD = Pattern.compile(" [a-z]{3,9}");
  private static final int[] NO_IDS = {};
  private static final float[] NO_LOGPROBS = {};

  // What CounterRandom draws for.
  private static final int WHICH = 0;
  private static final int WHETHER_LAST = 1;

  private final int[] header;
  private final int[] words;
  private final double endProbability;

  /**
   * @param meanReply tokens of a reply between its header and its end, on average; at least 1
   * @throws IllegalArgumentException where the vocabulary has no words
   */
  public StandInTokens(Tokenizer tokenizer, int meanReply) {
    if (meanReply < 1) {
      throw new IllegalArgumentException(
          "a reply has 1 token or more on average, not " + meanReply);
    }
    endProbability = 1.0 / meanReply;
    words =
        IntStream.range(0, tokenizer.vocabularySize())
            .filter(id -> isWord(tokenizer, id))
            .toArray();
    if (words.length == 0) {
      throw new IllegalArgumentException("the tokenizer's vocabulary has no English words");
    }
    OptionalInt channel = tokenizer.special("<|channel|>");
    OptionalInt message = tokenizer.special("<|message|>");
    header =
        channel.isPresent() && message.isPresent()
            ? IntStream.concat(
                    IntStream.concat(
                        IntStream.of(channel.getAsInt()), Arrays.stream(tokenizer.encode("final"))),
                    IntStream.of(message.getAsInt()))
                .toArray()
            : NO_IDS;
  }

  private static boolean isWord(Tokenizer tokenizer, int id) {
    return !tokenizer.isSpecial(id)
        && WORD.matcher(new String(tokenizer.bytes(id), StandardCharsets.ISO_8859_1)).matches();
  }

  @Override
  public SampledToken sample(
      float[] logits,
      int offset,
      int vocabSize,
      SamplingParams params,
      TokenCounts history,
      int position) {
    int token = token(params, history.generated(), position);
    if (params.topLogprobs() < 0) {
      return new SampledToken(token, Float.NaN, NO_IDS, NO_LOGPROBS);
    }
    // Of all words each is as likely, and those are told that come first.
    float logprob = (float) -StrictMath.log(words.length);
    int[] topIds = Arrays.copyOf(words, Math.min(params.topLogprobs(), words.length));
    float[] topLogprobs = new float[topIds.length];
    Arrays.fill(topLogprobs, logprob);
    return new SampledToken(token, logprob, topIds, topLogprobs);
  }

  private int token(SamplingParams params, int generated, int position) {
    if (generated < header.length) {
      return header[generated];
    }
    boolean mayEnd =
        !params.ignoreStopIds()
            && !params.stopIds().isEmpty()
            && generated > header.length
            && generated >= params.minTokens();
    if (mayEnd && CounterRandom.uniform(params.seed(), position, WHETHER_LAST) < endProbability) {
      return params.stopIds().stream().mapToInt(Integer::intValue).min().orElseThrow();
    }
    return words[(int) (CounterRandom.uniform(params.seed(), position, WHICH) * words.length)];
  }
}
