package io.rack72.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.sampling.ParamsBuilder;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.sampling.TokenCounts;
import io.rack72.text.O200kHarmonyTokenizer;
import io.rack72.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class StandInTokensTest {
  private static final Tokenizer HARMONY = O200kHarmonyTokenizer.instance();
  private static final int RETURN = HARMONY.special("<|return|>").orElseThrow();
  private static final int MEAN = 50;
  private static final StandInTokens TOKENS = new StandInTokens(HARMONY, MEAN);

  private static List<Integer> reply(SamplingParams params, int most) {
    List<Integer> tokens = new ArrayList<>();
    while (tokens.size() < most && (tokens.isEmpty() || tokens.getLast() != RETURN)) {
      tokens.add(
          TOKENS
              .sample(
                  null,
                  0,
                  HARMONY.vocabularySize(),
                  params,
                  TokenCounts.withoutIds(tokens.size()),
                  100 + tokens.size())
              .id());
    }
    return tokens;
  }

  private static SamplingParams params(long seed) {
    return ParamsBuilder.params().seed(seed).stopIds(RETURN).tokens(0, 10_000).build();
  }

  @Test
  void replyIsAHarmonyMessageOfWords() {
    List<Integer> reply = reply(params(1), 20);
    String text = HARMONY.decode(reply.stream().mapToInt(Integer::intValue).toArray());
    assertTrue(
        text.matches("<\\|channel\\|>final<\\|message\\|>( [a-z]{3,9})+(<\\|return\\|>)?"), text);
  }

  @Test
  void repliesEndByThemselvesAfterAsManyTokensAsTheyAreToOnAverage() {
    int replies = 2000;
    long tokens = 0;
    for (int seed = 0; seed < replies; seed++) {
      List<Integer> reply = reply(params(seed), 10_000);
      assertEquals(RETURN, reply.getLast());
      tokens += reply.size() - 4;
    }
    // Four times the standard error of a mean of geometric lengths.
    assertEquals(MEAN, tokens / (double) replies, 4 * MEAN / Math.sqrt(replies));
  }

  @Test
  void replyThatIsNotToEndDoesNot() {
    SamplingParams endless =
        ParamsBuilder.params().seed(1).stopIds(RETURN).ignoreStopIds().tokens(0, 10_000).build();
    assertFalse(reply(endless, 2000).contains(RETURN));
    assertEquals(2000, reply(endless, 2000).size());
  }

  @Test
  void replyGoesOnTheSameFromAnyOfItsTokensAndAnotherSeedIsAnother() {
    assertEquals(reply(params(3), 40), reply(params(3), 40));
    assertFalse(reply(params(3), 20).equals(reply(params(4), 20)));
  }

  @Test
  void logprobsAreThoseOfEquallyLikelyWords() {
    SampledToken token =
        TOKENS.sample(
            null,
            0,
            HARMONY.vocabularySize(),
            ParamsBuilder.params().topLogprobs(3).tokens(0, 10).build(),
            TokenCounts.withoutIds(5),
            9);
    assertEquals(3, token.topIds().length);
    assertTrue(token.logprob() < -5);
    assertArrayEquals(
        new float[] {token.logprob(), token.logprob(), token.logprob()}, token.topLogprobs());
  }

  @Test
  void vocabularyWithoutWordsIsRefused() {
    Tokenizer bytes =
        new Tokenizer() {
          @Override
          public int[] encode(String text) {
            return new int[0];
          }

          @Override
          public int vocabularySize() {
            return 256;
          }

          @Override
          public byte[] bytes(int id) {
            return new byte[] {(byte) id};
          }

          @Override
          public boolean isSpecial(int id) {
            return false;
          }

          @Override
          public OptionalInt special(String text) {
            return OptionalInt.empty();
          }
        };
    assertThrows(IllegalArgumentException.class, () -> new StandInTokens(bytes, 10));
    assertThrows(IllegalArgumentException.class, () -> new StandInTokens(HARMONY, 0));
  }
}
