package io.rack72.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CheckerTest {
  private static final int[] RIGHT = {11, 12, 13, 14, 15, 16};
  private static final Map<String, Map<Integer, Expected>> EXPECTED =
      Expected.of(Told.whole("a", RIGHT).events());

  private static List<Finding.Kind> kinds(Told told) {
    return Checker.check(told.events(), EXPECTED).stream().map(Finding::kind).toList();
  }

  private static Told ended(Told told, int usage) {
    return told.finished("a", 0, "length").usage("a", usage).told("a", Event.Kind.DONE, "");
  }

  private static Finding.Kind kindOf(int... tokens) {
    List<Finding> findings = Checker.check(Told.whole("a", tokens).events(), EXPECTED);
    return findings.getFirst().kind();
  }

  @Test
  void whatIsAsExpectedIsGood() {
    assertEquals(List.of(), kinds(Told.whole("a", RIGHT)));
  }

  @Test
  void wrongMissingAndDoubledTokensAreToldApart() {
    assertEquals(Finding.Kind.WRONG_TOKEN, kindOf(11, 12, 99, 14, 15, 16));
    assertEquals(Finding.Kind.WRONG_TOKEN, kindOf(99, 12, 13, 14, 15, 16));
    assertEquals(Finding.Kind.WRONG_TOKEN, kindOf(11, 12, 13, 14, 15, 99));
    assertEquals(Finding.Kind.MISSING_TOKENS, kindOf(11, 12, 14, 15, 16));
    assertEquals(Finding.Kind.MISSING_TOKENS, kindOf(12, 13, 14, 15, 16));
    assertEquals(Finding.Kind.MISSING_TOKENS, kindOf(11, 12, 13, 14, 15));
    assertEquals(Finding.Kind.MISSING_TOKENS, kindOf());
    assertEquals(Finding.Kind.DOUBLED_TOKENS, kindOf(11, 12, 12, 13, 14, 15, 16));
    assertEquals(Finding.Kind.DOUBLED_TOKENS, kindOf(11, 12, 13, 12, 13, 14, 15, 16));
    assertEquals(Finding.Kind.DOUBLED_TOKENS, kindOf(11, 12, 13, 14, 15, 16, 16));
    assertEquals(Finding.Kind.DOUBLED_TOKENS, kindOf(11, 12, 13, 14, 15, 16, 11, 12));
    assertEquals(Finding.Kind.WRONG_TOKEN, kindOf(11, 12, 13, 14, 15, 16, 99));
  }

  @Test
  void anyChangeOfAnyStreamIsFound() {
    SplittableRandom random = new SplittableRandom(72);
    for (int i = 0; i < 2000; i++) {
      int[] right = IntStream.generate(() -> random.nextInt(50)).limit(20).toArray();
      int at = random.nextInt(right.length);
      int[] changed =
          switch (random.nextInt(3)) {
            case 0 -> {
              int[] wrong = right.clone();
              wrong[at] += 100;
              yield wrong;
            }
            case 1 ->
                IntStream.range(0, right.length).filter(k -> k != at).map(k -> right[k]).toArray();
            default -> {
              int[] doubled = Arrays.copyOf(right, right.length + 1);
              System.arraycopy(right, at, doubled, at + 1, right.length - at);
              yield doubled;
            }
          };
      List<Finding> findings =
          Checker.check(
              Told.whole("a", changed).events(), Expected.of(Told.whole("a", right).events()));
      assertTrue(
          findings.stream()
              .anyMatch(
                  finding ->
                      switch (finding.kind()) {
                        case WRONG_TOKEN, MISSING_TOKENS, DOUBLED_TOKENS -> true;
                        default -> false;
                      }),
          Arrays.toString(right) + " as " + Arrays.toString(changed));
    }
  }

  @Test
  void wrongLogprobsOfRightTokensAreFound() {
    Told changed = new Told().sent("a");
    for (int token : RIGHT) {
      changed.event(new Event(0, "a", Event.Kind.TOKEN, 0, 0, token, ""));
      changed.logprob("a", 0, token == 14 ? "-7.5" : "-0." + token);
    }
    assertEquals(List.of(Finding.Kind.WRONG_LOGPROB), kinds(ended(changed, RIGHT.length)));

    Told none = new Told().sent("a");
    for (int token : RIGHT) {
      none.event(new Event(0, "a", Event.Kind.TOKEN, 0, 0, token, ""));
    }
    assertEquals(List.of(Finding.Kind.WRONG_LOGPROB), kinds(ended(none, RIGHT.length)));
  }

  @Test
  void requestsEndOnce() {
    assertEquals(
        List.of(Finding.Kind.NOT_ENDED), kinds(new Told().sent("a").tokens("a", 0, RIGHT)));
    assertEquals(
        List.of(Finding.Kind.ENDED_TWICE),
        kinds(Told.whole("a", RIGHT).told("a", Event.Kind.AFTER_END, "data")));
    assertTrue(
        kinds(Told.whole("a", RIGHT).told("a", Event.Kind.DONE, ""))
            .contains(Finding.Kind.ENDED_TWICE));
    assertEquals(
        List.of(Finding.Kind.FAILED),
        kinds(new Told().sent("a").tokens("a", 0, 11, 12).told("a", Event.Kind.FAILED, "why")));
    assertEquals(
        List.of(Finding.Kind.STUCK), kinds(new Told().sent("a").told("a", Event.Kind.STUCK, "")));
  }

  @Test
  void wrongTokensOfAFailedStreamAreFoundToo() {
    assertEquals(
        List.of(Finding.Kind.FAILED, Finding.Kind.WRONG_TOKEN),
        kinds(new Told().sent("a").tokens("a", 0, 11, 99).told("a", Event.Kind.FAILED, "why")));
  }

  @Test
  void endAndUsageAreThoseOfTheReference() {
    assertEquals(
        List.of(Finding.Kind.WRONG_END),
        kinds(
            new Told()
                .sent("a")
                .tokens("a", 0, RIGHT)
                .finished("a", 0, "stop")
                .usage("a", RIGHT.length)
                .told("a", Event.Kind.DONE, "")));
    assertEquals(
        List.of(Finding.Kind.WRONG_USAGE),
        kinds(ended(new Told().sent("a").tokens("a", 0, RIGHT), RIGHT.length + 1)));
    assertEquals(
        List.of(Finding.Kind.WRONG_USAGE),
        kinds(
            ended(
                new Told().sent("a").tokens("a", 0, RIGHT).usage("a", RIGHT.length),
                RIGHT.length)));
  }

  /** The right tokens, and text in these pieces. */
  private static Told withText(Event.Kind part, String... pieces) {
    Told told = new Told().sent("a").tokens("a", 0, RIGHT);
    for (String piece : pieces) {
      told.text("a", 0, part, piece);
    }
    return told;
  }

  private static List<Finding.Kind> textKinds(Event.Kind part, String right, String... pieces) {
    return Checker.check(
            ended(withText(part, pieces), RIGHT.length).events(),
            Expected.of(ended(withText(part, right), RIGHT.length).events()))
        .stream()
        .map(Finding::kind)
        .toList();
  }

  @Test
  void wrongMissingAndDoubledTextOfRightTokensIsToldApart() {
    for (Event.Kind part : Event.TEXTS) {
      assertEquals(List.of(Finding.Kind.WRONG_TEXT), textKinds(part, "one two", "one twx"));
      assertEquals(List.of(Finding.Kind.WRONG_TEXT), textKinds(part, "", "x"));
      assertEquals(List.of(Finding.Kind.MISSING_TEXT), textKinds(part, "one two", "one tw"));
      assertEquals(List.of(Finding.Kind.MISSING_TEXT), textKinds(part, "one two", "one ", "wo"));
      assertEquals(List.of(Finding.Kind.MISSING_TEXT), textKinds(part, "one two"));
      assertEquals(
          List.of(Finding.Kind.DOUBLED_TEXT), textKinds(part, "one two", "one t", "e two"));
      assertEquals(List.of(Finding.Kind.DOUBLED_TEXT), textKinds(part, "one two", "one two", "wo"));
    }
  }

  @Test
  void partsOfAMessageAreNotTakenForOneAnother() {
    List<Finding> findings =
        Checker.check(
            ended(withText(Event.Kind.REASONING, "one"), RIGHT.length).events(),
            Expected.of(ended(withText(Event.Kind.CONTENT, "one"), RIGHT.length).events()));
    assertEquals(
        Set.of(Finding.Kind.MISSING_TEXT, Finding.Kind.WRONG_TEXT),
        findings.stream().map(Finding::kind).collect(Collectors.toSet()));
  }

  @Test
  void whereTextIsCutDoesNotMatterAndAnyChangeDoes() {
    SplittableRandom random = new SplittableRandom(73);
    for (int i = 0; i < 1000; i++) {
      String right =
          random.ints(12, 'a', 'e').mapToObj(Character::toString).collect(Collectors.joining());
      int cut = random.nextInt(right.length() + 1);
      String[] pieces = {right.substring(0, cut), right.substring(cut)};
      assertEquals(List.of(), textKinds(Event.Kind.CONTENT, right, pieces));
      pieces[random.nextInt(2)] += "x";
      assertEquals(1, textKinds(Event.Kind.CONTENT, right, pieces).size(), right + " at " + cut);
    }
  }

  @Test
  void textOfAFailedStreamIsABeginning() {
    Map<String, Map<Integer, Expected>> right =
        Expected.of(ended(withText(Event.Kind.CONTENT, "one two"), RIGHT.length).events());
    assertEquals(
        List.of(Finding.Kind.FAILED),
        Checker.check(
                withText(Event.Kind.CONTENT, "one").told("a", Event.Kind.FAILED, "why").events(),
                right)
            .stream()
            .map(Finding::kind)
            .toList());
    assertEquals(
        List.of(Finding.Kind.FAILED, Finding.Kind.WRONG_TEXT),
        Checker.check(
                withText(Event.Kind.CONTENT, "onx").told("a", Event.Kind.FAILED, "why").events(),
                right)
            .stream()
            .map(Finding::kind)
            .toList());
  }

  @Test
  void choiceThatNobodyAskedForIsFound() {
    assertTrue(
        kinds(ended(new Told().sent("a").tokens("a", 0, RIGHT).tokens("a", 1, 11), RIGHT.length))
            .contains(Finding.Kind.WRONG_TOKEN));
  }

  @Test
  void faultThatCouldNotBeBroughtAboutIsNoGoodRun() {
    assertEquals(
        List.of(Finding.Kind.FAULT_REFUSED),
        kinds(Told.whole("a", RIGHT).told("", Event.Kind.FAULT_REFUSED, "why")));
  }
}
