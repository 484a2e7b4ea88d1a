package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.sampling.SampledToken;
import io.rack72.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class TokenTextTest {
  /** Tokens whose texts are all the same. */
  private static final class Monotone implements Tokenizer {
    @Override
    public int[] encode(String text) {
      return new int[text.length()];
    }

    @Override
    public int vocabularySize() {
      return 10;
    }

    @Override
    public byte[] bytes(int id) {
      return "same".getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public boolean isSpecial(int id) {
      return id > 4;
    }

    @Override
    public OptionalInt special(String text) {
      return OptionalInt.empty();
    }
  }

  @Test
  void tokensWithTheSameTextAreAllAmongTheTopLogprobs() {
    SampledToken token =
        new SampledToken(3, -1f, new int[] {8, 3, 4}, new float[] {-0.5f, -1f, -2f});
    JsonNode top =
        new TokenText(Optional.of(new Monotone()))
            .completionLogprobs(List.of(new ChoiceDelta.LoggedToken(token, 0)))
            .at("/top_logprobs/0");
    assertEquals(3, top.size());
    assertEquals(-1f, top.get("same").floatValue());
    assertEquals(-0.5f, top.get("token_id:8").floatValue());
    assertEquals(-2f, top.get("token_id:4").floatValue());
  }
}
