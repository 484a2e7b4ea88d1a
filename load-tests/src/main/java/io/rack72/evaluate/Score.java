package io.rack72.evaluate;

import java.util.Locale;
import java.util.function.Predicate;

/** What an evaluation is measured by, and what it must reach. */
enum Score {
  WELL_FORMED("well-formed replies", 97),
  RIGHT("right answers", 90),
  PHRASINGS("right answers to held-out phrasings", 80),
  TOOL_CALLS("right tool calls", 90),
  GREEDY("greedy replies equal to the reference", 100);

  private final String title;
  private final int leastPercent;

  Score(String title, int leastPercent) {
    this.title = title;
    this.leastPercent = leastPercent;
  }

  /** Name for programs. */
  String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Name for people. */
  String title() {
    return title;
  }

  int leastPercent() {
    return leastPercent;
  }

  /** How high it is. */
  Share of(Evaluation run) {
    return switch (this) {
      case WELL_FORMED -> Share.of(run.chats(), Verdict::wellFormed);
      case RIGHT -> right(run, ChatPrompt::hasAnswer);
      case PHRASINGS ->
          right(run, prompt -> prompt.hasAnswer() && prompt.split() == ChatPrompt.Split.PHRASINGS);
      case TOOL_CALLS -> right(run, prompt -> prompt.check() instanceof Check.Call);
      case GREEDY -> Share.of(run.greedy(), GreedyResult::agrees);
    };
  }

  /** Whether it is high enough. Greedy replies count only where there is a reference for them. */
  boolean reachedBy(Evaluation run) {
    return of(run).reaches(leastPercent) || (this == GREEDY && run.greedy().isEmpty());
  }

  private static Share right(Evaluation run, Predicate<ChatPrompt> counts) {
    return Share.of(
        run.chats().stream().filter(chat -> counts.test(chat.prompt())).toList(), Verdict::right);
  }
}
