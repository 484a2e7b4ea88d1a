package io.rack72.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.sampling.TokenCounts;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModeledTokensTest {
  private static SampledToken token(long seed, int position, Set<Integer> stopIds, int logprobs) {
    return new ModeledTokens()
        .sample(
            null,
            0,
            10,
            new SamplingParams(
                1, 1, 0, 0, seed, 0, 0, 1, Map.of(), logprobs, 100, 0, stopIds, false),
            new TokenCounts(),
            position);
  }

  @Test
  void aTokenDependsOnSeedAndPositionAloneAndAllAreLikely() {
    int[] counts = new int[10];
    for (int position = 0; position < 10_000; position++) {
      SampledToken token = token(5, position, Set.of(), -1);
      assertEquals(token, token(5, position, Set.of(), -1));
      counts[token.id()]++;
    }
    for (int count : counts) {
      assertEquals(1000, count, 150);
    }
  }

  @Test
  void requestsOfNeighbouringSeedsAndPositionsHaveNothingInCommon() {
    int equalOfSeeds = 0;
    int equalOfPositions = 0;
    for (int i = 0; i < 10_000; i++) {
      equalOfSeeds += id(5, i) == id(6, i) ? 1 : 0;
      equalOfPositions += id(i, 7) == id(i, 8) ? 1 : 0;
    }
    assertEquals(1000, equalOfSeeds, 150);
    assertEquals(1000, equalOfPositions, 150);
  }

  private static int id(long seed, int position) {
    return token(seed, position, Set.of(), -1).id();
  }

  @Test
  void noTokenEndsAReply() {
    for (int position = 0; position < 1000; position++) {
      assertFalse(Set.of(0, 9).contains(token(5, position, Set.of(0, 9), -1).id()));
    }
  }

  @Test
  void logprobsAreThoseOfEqualLogits() {
    SampledToken token = token(5, 3, Set.of(), 4);
    assertEquals(Math.log(0.1), token.logprob(), 1e-6);
    assertEquals(4, token.topIds().length);
    assertTrue(token.topLogprobs()[3] == token.logprob());
  }
}
