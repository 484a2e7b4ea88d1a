package io.rack72.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.rack72.load.SoakRequest.Kind;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SoakRequestTest {
  private static final Timing TIMING = new Timing(0, new long[0], 1);
  private static final String WHOLE =
      "{'index': 0, 'token_ids': [1, 2], 'finish_reason': 'length'}";

  @Test
  void replyWithAllItsTokensIsGood() throws JsonProcessingException {
    assertGood(request(Kind.COMPLETION), reply(WHOLE));
    assertGood(
        request(Kind.CHAT), reply("{'index': 0, 'token_ids': [1], 'finish_reason': 'stop'}"));
    assertGood(request(Kind.CHAT), reply("{'index': 0, 'text': 'a', 'finish_reason': 'length'}"));
  }

  @Test
  void replyThatIsNotWholeIsBad() throws JsonProcessingException {
    SoakRequest request = request(Kind.STREAMED_COMPLETION);
    assertBad(request, reply("{'index': 0, 'token_ids': [1, 2]}"), "has ends [], of 1 choices");
    assertBad(
        request,
        reply("{'index': 0, 'token_ids': [1], 'finish_reason': 'length'}"),
        "choice 0 has 1 tokens, of 2, and ends by 'length'");
    assertBad(
        request,
        reply("{'index': 0, 'token_ids': [1, 2, 3], 'finish_reason': 'stop'}"),
        "choice 0 has 3 tokens, of 2, and ends by 'stop'");
    assertBad(
        request,
        reply(WHOLE + ", {'index': 1, 'finish_reason': 'length'}"),
        "has ends [length, length], of 1 choices");
    assertBad(request, failed(503, "no room"), "503, no room");
    assertBad(request, failed(0, "connection reset"), "no answer, connection reset");
  }

  @Test
  void repeatedRequestHasTheSameReply() throws JsonProcessingException {
    SoakRequest request = request(Kind.REPEATED).expecting(List.of(List.of(1, 2)));
    assertGood(request, reply(WHOLE));
    assertBad(
        request,
        reply("{'index': 0, 'token_ids': [1, 3], 'finish_reason': 'length'}"),
        "has tokens [[1, 3]] and not [[1, 2]]");
  }

  @Test
  void invalidRequestMustBeRefused() throws JsonProcessingException {
    SoakRequest request = request(Kind.INVALID);
    assertGood(request, failed(400, "no"));
    assertGood(request, failed(404, "no"));
    assertBad(
        request, reply(WHOLE), "should be refused with status 400 or 404, but got a reply: {}");
    assertBad(
        request,
        failed(500, "oh"),
        "should be refused with status 400 or 404, but got 500, oh: {}");
  }

  @Test
  void clientThatIsGoneHasNoComplaintUnlessTheAnswerWasBad() throws JsonProcessingException {
    SoakRequest request = request(Kind.GONE_IN_MID_STREAM);
    assertGood(request, new Outcome(0, true, Optional.empty(), TIMING, new Transcript()));
    assertGood(request, reply(WHOLE));
    assertBad(request, failed(500, "oh"), "500, oh");
  }

  private static SoakRequest request(Kind kind) {
    return new SoakRequest(kind, LoadRequest.completion("{}"), 2, 1, 0, Optional.empty());
  }

  private static Outcome reply(String choices) throws JsonProcessingException {
    Transcript transcript = new Transcript();
    String json = "{'choices': [%s]}".formatted(choices).replace('\'', '"');
    assertTrue(transcript.add(Json.read(json)) > 0);
    return new Outcome(200, false, Optional.empty(), TIMING, transcript);
  }

  private static Outcome failed(int status, String why) {
    return new Outcome(status, false, Optional.of(why), TIMING, new Transcript());
  }

  private static void assertGood(SoakRequest request, Outcome outcome) {
    assertEquals(Optional.empty(), request.complaint(outcome));
  }

  private static void assertBad(SoakRequest request, Outcome outcome, String complaint) {
    assertEquals(Optional.of(complaint), request.complaint(outcome));
  }
}
