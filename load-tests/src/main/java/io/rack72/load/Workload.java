package io.rack72.load;

import java.util.SplittableRandom;

/**
 * Random requests, of which the seed and the number decide everything: what the 17th one is does
 * not depend on when it is sent, or beside which others.
 *
 * @param promptTokens how long prompts are, at least 1
 * @param outputTokens how long replies are, at least 1
 * @param vocabulary token ids of prompts
 */
record Workload(IntRange promptTokens, IntRange outputTokens, IntRange vocabulary, long seed) {
  /** Words that tokenizers have as one token each, with the blank before them. */
  private static final String[] WORDS =
      ("the of and to in is you that it he was for on are as with his they at be this have from or"
              + " one had by word but not what all were we when your can said there use an each"
              + " which she do how their if will up other about out many then them these so")
          .split(" ", -1);

  Workload {
    if (promptTokens.least() < 1) {
      throw new IllegalArgumentException("--prompt-tokens is at least 1, not " + promptTokens);
    }
    if (outputTokens.least() < 1) {
      throw new IllegalArgumentException("--output-tokens is at least 1, not " + outputTokens);
    }
  }

  /**
   * What one request is to be.
   *
   * @param seed of the request
   */
  record Item(int[] prompt, int outputTokens, long seed) {
    /** The body of a streamed completion. */
    String streamedCompletion(String model) {
      return LoadRequest.streamed(LoadRequest.completionBody(model, prompt, outputTokens, seed))
          .toString();
    }

    /** A prompt for chats, with as many words as the other has token ids. */
    String words() {
      SplittableRandom random = new SplittableRandom(seed);
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < prompt.length; i++) {
        text.append(i == 0 ? "" : " ").append(WORDS[random.nextInt(WORDS.length)]);
      }
      return text.toString();
    }
  }

  /** The item of this number; those of different numbers are independent. */
  Item item(long number) {
    SplittableRandom random = random(number);
    return new Item(
        ids(random, promptTokens.draw(random)), outputTokens.draw(random), seedFrom(random));
  }

  /** So many token ids. */
  int[] ids(SplittableRandom random, int count) {
    return random.ints(count, vocabulary.least(), vocabulary.most() + 1).toArray();
  }

  /** A generator for the item of this number. */
  SplittableRandom random(long number) {
    // Both steps scramble: neither the next number nor the next seed leads to a draw seen before.
    long scrambled = new SplittableRandom(seed).nextLong();
    return new SplittableRandom(scrambled + number).split();
  }

  /** A seed that is not negative, which some servers want. */
  private static long seedFrom(SplittableRandom random) {
    return random.nextInt(Integer.MAX_VALUE);
  }

  /** Tokens of the longest prompt and the longest reply together. */
  long mostTokens() {
    return (long) promptTokens.most() + outputTokens.most();
  }
}
