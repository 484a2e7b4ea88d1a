package io.rack72.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReportTest {
  private static final String ADD = "{\"number\": \"5\"}";
  private static final String CALL = "{\"call\": {\"name\": \"f\", \"arguments\": {}}}";
  private static final Reply FIVE = Lines.says("5");
  private static final Reply SIX = Lines.says("6");
  private static final Reply CUT = Reply.none("no reply came");

  private final List<Verdict> chats = new ArrayList<>();

  @Test
  void scoresCountWhatTheyAreAbout() {
    add("add", "values", ADD, FIVE);
    add("add", "values", ADD, CUT);
    add("add", "phrasings", ADD, FIVE);
    add("add", "phrasings", ADD, SIX);
    add("call", "values", CALL, Lines.calls("f", "{}"));
    add("call", "phrasings", CALL, Lines.calls("g", "{}"));
    add("talk", "values", "{}", SIX);
    Evaluation run = run(Lines.greedy("g", List.of(1, 2), List.of(1, 2)));

    assertEquals(new Share(6, 7), Score.WELL_FORMED.of(run));
    assertEquals(new Share(3, 6), Score.RIGHT.of(run));
    assertEquals(new Share(1, 3), Score.PHRASINGS.of(run));
    assertEquals(new Share(1, 2), Score.TOOL_CALLS.of(run));
    assertEquals(new Share(1, 1), Score.GREEDY.of(run));
  }

  @Test
  void thresholdsAreReachedExactlyAndNotByAHair() {
    for (int i = 0; i < 97; i++) {
      add(i < 50 ? "call" : "add", "phrasings", i < 50 ? CALL : ADD, i < 50 ? call(i) : add(i));
    }
    for (int i = 97; i < 100; i++) {
      add("add", "phrasings", ADD, CUT);
    }
    Evaluation run = run(Lines.greedy("g", List.of(1), List.of(1)));
    assertEquals(new Share(97, 100), Score.WELL_FORMED.of(run));
    assertEquals(new Share(90, 100), Score.RIGHT.of(run));
    assertEquals(new Share(45, 50), Score.TOOL_CALLS.of(run));
    assertTrue(report(run).reached(), report(run).toText());

    add("talk", "values", "{}", CUT);
    run = run(Lines.greedy("g", List.of(1), List.of(1)));
    assertFalse(Score.WELL_FORMED.reachedBy(run), "97 of 101");
    assertTrue(report(run).toText().contains("BELOW 97%"), report(run).toText());
  }

  private static Reply call(int i) {
    return Lines.calls(i < 45 ? "f" : "g", "{}");
  }

  private static Reply add(int i) {
    return i < 95 ? FIVE : SIX;
  }

  @Test
  void scoreOfNothingIsNotReached() {
    add("add", "phrasings", ADD, FIVE);
    Evaluation run = run(Lines.greedy("g", List.of(1), List.of(1)));
    assertTrue(Score.RIGHT.reachedBy(run));
    assertFalse(Score.TOOL_CALLS.reachedBy(run));
    assertFalse(report(run).reached());
  }

  @Test
  void oneTokenThatDiffersIsTooManyAndIsToldWithItsIndex() {
    GreedyResult same = Lines.greedy("same", List.of(1, 2), List.of(1, 2));
    GreedyResult other = Lines.greedy("other", List.of(1, 2, 3), List.of(1, 4, 3));
    GreedyResult shorter = Lines.greedy("short", List.of(1, 2, 3), List.of(1, 2));
    assertEquals(1, other.firstDifference());
    assertEquals(2, shorter.firstDifference());
    Evaluation run = run(same, other, shorter);
    assertFalse(Score.GREEDY.reachedBy(run));
    String text = report(run).toText();
    assertTrue(text.contains("other differs from token 1 on"), text);
    assertFalse(text.contains("same differs"), text);
    assertEquals(
        List.of("other", "short"),
        report(run).failures().stream().map(failure -> failure.get("id").asText()).toList());
  }

  @Test
  void tableHasARowForEachSkillAndPercentOfEachSplit() {
    add("add", "values", ADD, FIVE);
    add("add", "values", ADD, SIX);
    add("add", "phrasings", ADD, FIVE);
    add("talk", "values", "{}", CUT);
    String text = report(run()).toText();
    assertTrue(
        text.contains(
            """
            | add | 100.0% (3/3) | 66.7% (2/3) | 50.0% (1/2) | 100.0% (1/1) |
            | talk | 0.0% (0/1) | - | - | - |
            | all | 75.0% (3/4) | 66.7% (2/3) | 50.0% (1/2) | 100.0% (1/1) |
            """),
        text);
  }

  @Test
  void programsReadTheSameNumbers() {
    add("add", "phrasings", ADD, FIVE);
    add("add", "phrasings", ADD, SIX);
    ObjectNode json = report(run(Lines.greedy("g", List.of(1), List.of(2)))).toJson();
    assertEquals("m", json.get("model").asText());
    assertFalse(json.get("reached").asBoolean());
    assertEquals(50.0, json.at("/scores/right/percent").asDouble());
    assertEquals(90, json.at("/scores/right/least_percent").asInt());
    assertEquals(1, json.at("/skills/add/phrasings/passed").asInt());
    assertEquals(0, json.at("/greedy_differences/0/first").asInt());
  }

  @Test
  void failureHasPromptReplyAndReason() {
    add("add", "phrasings", ADD, FIVE);
    add("add", "phrasings", ADD, SIX);
    List<ObjectNode> failures = report(run()).failures();
    assertEquals(1, failures.size());
    assertEquals("its last number is 6, not 5", failures.getFirst().get("failure").asText());
    assertEquals("Go on.", failures.getFirst().at("/messages/0/content").asText());
    assertTrue(failures.getFirst().has("reply"));
  }

  private void add(String skill, String split, String check, Reply reply) {
    chats.add(Verdict.of(Lines.prompt("p" + chats.size(), skill, split, check), reply));
  }

  private Evaluation run(GreedyResult... greedy) {
    return new Evaluation(List.copyOf(chats), List.of(greedy));
  }

  private static Report report(Evaluation run) {
    return new Report("m", run, Optional.empty());
  }
}
