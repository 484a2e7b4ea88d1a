package io.rack72.twin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.rack72.device.ModeledTokens;
import io.rack72.sampling.SamplingParams;
import io.rack72.sampling.TokenCounts;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModeledReplyTest {
  @Test
  void aReplyIsDrawnAgainAsItWas() {
    SamplingParams params =
        new SamplingParams(1, 1, 0, 0, 7, 0, 0, 1, Map.of(), -1, 100, 0, Set.of(3), false);
    ModeledTokens source = new ModeledTokens();
    ModeledReply reply = new ModeledReply(5, params, 11);
    int[] tokens = new int[60];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = source.sample(null, 0, 11, params, TokenCounts.withoutIds(i), 5 + i).id();
    }
    assertArrayEquals(tokens, reply.apply(60));
  }
}
