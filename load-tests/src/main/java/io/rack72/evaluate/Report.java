package io.rack72.evaluate;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toList;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.evaluate.ChatPrompt.Split;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What an evaluation has shown.
 *
 * @param experts how they were used; empty where the rack is somebody else's
 */
record Report(String model, Evaluation run, Optional<ExpertHistogram> experts) {
  /** Whether every score is as high as it must be. */
  boolean reached() {
    return Arrays.stream(Score.values()).allMatch(score -> score.reachedBy(run));
  }

  /** Tables in Markdown, and the scores. */
  String toText() {
    StringBuilder text =
        new StringBuilder(
            """
            | skill | well-formed | right | held-out values | held-out phrasings |
            |---|---:|---:|---:|---:|
            """);
    bySkill().forEach((skill, chats) -> text.append(row(skill, chats)));
    text.append(row("all", run.chats())).append('\n');
    for (Score score : Score.values()) {
      text.append(
          "%s: %s, %s %d%%%n"
              .formatted(
                  score.title(),
                  score.of(run),
                  score.reachedBy(run) ? "at least" : "BELOW",
                  score.leastPercent()));
    }
    run.greedy().stream()
        .filter(result -> !result.agrees())
        .forEach(
            result ->
                text.append(
                    "%s differs from token %d on%s%n"
                        .formatted(
                            result.prompt().id(),
                            result.firstDifference(),
                            result.error().map(error -> ": " + error).orElse(""))));
    experts.ifPresent(
        use ->
            text.append("%nTokens by rank of the expert in its layer:%n%n".formatted())
                .append(use.toText()));
    return text.toString();
  }

  /** The same for programs. */
  ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("model", model);
    json.put("reached", reached());
    ObjectNode scores = json.putObject("scores");
    for (Score score : Score.values()) {
      ObjectNode entry = put(scores, score.key(), score.of(run));
      entry.put("least_percent", score.leastPercent());
      entry.put("reached", score.reachedBy(run));
    }
    ObjectNode skills = json.putObject("skills");
    bySkill()
        .forEach(
            (skill, chats) -> {
              ObjectNode entry = skills.putObject(skill);
              put(entry, "well_formed", Share.of(chats, Verdict::wellFormed));
              put(entry, "right", right(chats.stream()));
              for (Split split : Split.values()) {
                put(entry, split.key(), right(of(split, chats)));
              }
            });
    ArrayNode differences = json.putArray("greedy_differences");
    run.greedy().stream()
        .filter(result -> !result.agrees())
        .forEach(
            result ->
                differences
                    .addObject()
                    .put("id", result.prompt().id())
                    .put("first", result.firstDifference())
                    .put("error", result.error().orElse(null)));
    experts.ifPresent(use -> json.set("experts", use.toJson()));
    return json;
  }

  /** Every prompt that failed, with what came and why it is not good. */
  List<ObjectNode> failures() {
    return Stream.concat(
            run.chats().stream().map(Verdict::failure),
            run.greedy().stream().map(GreedyResult::failure))
        .flatMap(Optional::stream)
        .toList();
  }

  private Map<String, List<Verdict>> bySkill() {
    return run.chats().stream()
        .collect(groupingBy(chat -> chat.prompt().skill(), TreeMap::new, toList()));
  }

  private static String row(String name, List<Verdict> chats) {
    return Stream.of(
            name,
            Share.of(chats, Verdict::wellFormed),
            right(chats.stream()),
            right(of(Split.VALUES, chats)),
            right(of(Split.PHRASINGS, chats)))
        .map(Object::toString)
        .collect(joining(" | ", "| ", " |\n"));
  }

  private static Stream<Verdict> of(Split split, List<Verdict> chats) {
    return chats.stream().filter(chat -> chat.prompt().split() == split);
  }

  private static Share right(Stream<Verdict> chats) {
    return Share.of(chats.filter(chat -> chat.prompt().hasAnswer()).toList(), Verdict::right);
  }

  private static ObjectNode put(ObjectNode parent, String field, Share share) {
    return parent
        .putObject(field)
        .put("passed", share.passed())
        .put("of", share.of())
        .put("percent", share.percent());
  }
}
