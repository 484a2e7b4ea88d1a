package io.rack72.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplyTest {
  @Test
  void messageThatEndsByItselfIsWellFormed() {
    Reply reply =
        Reply.of(
            200,
            """
            {"choices": [{"finish_reason": "stop",
              "message": {"content": "57", "reasoning": "19 + 38"}}]}
            """);
    assertEquals(Optional.empty(), reply.flaw());
    assertEquals("57", reply.content());
    assertEquals(List.of(), reply.calls());
  }

  @Test
  void callWithoutContentIsWellFormed() {
    Reply reply =
        Reply.of(
            200,
            """
            {"choices": [{"finish_reason": "tool_calls", "message": {"content": null, "tool_calls":
              [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}}]}
            """);
    assertEquals(Optional.empty(), reply.flaw());
    assertEquals(List.of(new Reply.Call("f", "{}")), reply.calls());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          503 | {"error": {"message": "busy"}}                    | status 503
          200 | <html>                                            | not a JSON object
          200 | {"choices": []}                                   | one choice
          200 | {"choices": [{"finish_reason": "length", "message": {"content": "5"}}]} | 'length'
          200 | {"choices": [{"message": {"content": "5"}}]}      | finish_reason is ''
          200 | {"choices": [{"finish_reason": "stop", "message": {"content": " "}}]} | says nothing
          200 | {"choices": [{"finish_reason": "stop", "message": {"content": null}}]} | says nothing
          200 | {"choices": [{"finish_reason": "stop", "malformed": "no channel", \
          "message": {"content": "5"}}]} | malformed: no channel
          """)
  void otherRepliesTellTheirFlaw(int status, String body, String flaw) {
    Reply reply = Reply.of(status, body);
    assertTrue(reply.flaw().orElseThrow().contains(flaw), reply.flaw()::toString);
  }

  @Test
  void replyThatIsNotWellFormedIsNotRightWhateverItSays() {
    Reply cut =
        Reply.of(
            200,
            "{\"choices\": [{\"finish_reason\": \"length\", \"message\": {\"content\": \"57\"}}]}");
    Verdict verdict = Verdict.of(Lines.prompt("a", "s", "values", "{\"number\": \"57\"}"), cut);
    assertFalse(verdict.wellFormed());
    assertFalse(verdict.right());
    assertTrue(verdict.failure().orElseThrow().get("failure").asText().contains("length"));
  }
}
