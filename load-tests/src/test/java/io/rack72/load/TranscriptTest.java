package io.rack72.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class TranscriptTest {
  private final Transcript transcript = new Transcript();

  @Test
  void countsTokensByTheirIdsWhereverTextIs() throws JsonProcessingException {
    assertEquals(
        2,
        add("{'choices': [{'index': 0, 'text': '', 'token_ids': [7, 8], 'finish_reason': null}]}"));
    assertEquals(
        1, add("{'choices': [{'index': 1, 'delta': {'content': 'abc'}, 'token_ids': [9]}]}"));
    assertEquals(
        0,
        add("{'choices': [{'index': 0, 'text': '', 'token_ids': [], 'finish_reason': 'length'}]}"));
    assertEquals(List.of(List.of(7, 8), List.of(9)), transcript.tokenIds());
    assertEquals(List.of("length", ""), transcript.finishReasons());
    assertEquals(3, transcript.outputTokens());
  }

  @Test
  void eventOfAServerThatGivesNoIdsIsOneTokenIfItSaysAnything() throws JsonProcessingException {
    assertEquals(0, add("{'choices': [{'index': 0, 'delta': {'role': 'assistant'}}]}"));
    assertEquals(1, add("{'choices': [{'index': 0, 'delta': {'content': 'a b'}}]}"));
    assertEquals(1, add("{'choices': [{'index': 0, 'delta': {'reasoning': 'c'}}]}"));
    assertEquals(0, add("{'choices': [{'index': 0, 'delta': {'content': null}}]}"));
    assertEquals(1, add("{'choices': [{'index': 0, 'text': 'd'}]}"));
    assertEquals(3, transcript.outputTokens());
  }

  @Test
  void usageIsBelievedAndWhatItDoesNotTellIsUnknown() throws JsonProcessingException {
    assertEquals(1, add("{'choices': [{'index': 0, 'text': 'a b c'}], 'usage': null}"));
    assertEquals(0, add("{'choices': [], 'usage': {'prompt_tokens': 5, 'completion_tokens': 3}}"));
    assertEquals(3, transcript.outputTokens());
    assertEquals(OptionalInt.of(5), transcript.promptTokens());
    assertEquals(OptionalInt.empty(), transcript.cachedTokens());
  }

  @Test
  void knowsHowMuchOfThePromptWasCached() throws JsonProcessingException {
    assertEquals(
        0,
        add(
            "{'choices': [], 'usage': {'prompt_tokens': 5, 'completion_tokens': 3,"
                + " 'prompt_tokens_details': {'cached_tokens': 4}}}"));
    assertEquals(OptionalInt.of(4), transcript.cachedTokens());
  }

  @Test
  void keepsTheFirstError() throws JsonProcessingException {
    assertEquals(0, add("{'error': {'message': 'the rack is gone'}}"));
    transcript.fail("and something else");
    assertEquals(Optional.of("the rack is gone"), transcript.error());
  }

  private int add(String json) throws JsonProcessingException {
    return transcript.add(Json.read(json.replace('\'', '"')));
  }
}
