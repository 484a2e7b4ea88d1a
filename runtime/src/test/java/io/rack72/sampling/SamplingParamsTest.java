package io.rack72.sampling;

import static io.rack72.sampling.ParamsBuilder.params;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SamplingParamsTest {
  @Test
  void aBadValueIsRefusedWithItsNameAndRange() {
    assertRefused("temperature is 0 to 100, not -1.0", params().temperature(-1));
    assertRefused("temperature is 0 to 100, not NaN", params().temperature(Double.NaN));
    assertRefused("top_p is above 0, at most 1, not 0.0", params().topP(0));
    assertRefused("top_k is 0 (all) or more, not -1", params().topK(-1));
    assertRefused("min_p is 0 to 1, not 1.5", params().minP(1.5));
    assertRefused("presence_penalty is -2 to 2, not 3.0", params().penalties(3, 0, 1));
    assertRefused("frequency_penalty is -2 to 2, not -3.0", params().penalties(0, -3, 1));
    assertRefused(
        "repetition_penalty is above 0, at most 10, not 0.0", params().penalties(0, 0, 0));
    assertRefused(
        "a bias in logit_bias is -100 to 100, not NaN", params().logitBias(Map.of(1, Float.NaN)));
    assertRefused(
        "a token id in logit_bias is 0 or more, not -5", params().logitBias(Map.of(-5, 1f)));
    assertRefused("a stop token id is 0 or more, not -5", params().stopIds(-5));
    assertRefused("top_logprobs is 0 to 20, not 21", params().topLogprobs(21));
    assertRefused("max_tokens is 1 or more, not 0", params().tokens(0, 0));
    assertRefused("min_tokens is 0 to max_tokens, not 5", params().tokens(5, 4));
  }

  @Test
  void tokenIdsOutsideTheVocabularyAreRefused() {
    SamplingParams biased = params().logitBias(Map.of(10, 1f)).build();
    biased.requireVocabulary(11);
    assertEquals(
        "a token id in logit_bias is 0 to 9, not 10",
        assertThrows(IllegalArgumentException.class, () -> biased.requireVocabulary(10))
            .getMessage());
    SamplingParams stopping = params().stopIds(0, 1, 2).build();
    stopping.requireVocabulary(4);
    assertThrows(IllegalArgumentException.class, () -> stopping.requireVocabulary(3));
    assertThrows(IllegalArgumentException.class, () -> stopping.requireVocabulary(2));
  }

  private static void assertRefused(String message, ParamsBuilder params) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, params::build).getMessage());
  }
}
