package io.rack72.chaos;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a client has received of one stream. Filled from a history; not thread-safe. */
final class Received {
  private final TreeMap<Integer, Choice> choices = new TreeMap<>();
  private final List<Event> ends = new ArrayList<>();
  private final List<Long> usages = new ArrayList<>();
  private int afterEnd;

  private Received() {}

  /** One choice of it. */
  static final class Choice {
    private final List<Integer> tokens = new ArrayList<>();
    private final List<String> logprobs = new ArrayList<>();
    private final List<String> reasons = new ArrayList<>();
    private final Map<Event.Kind, StringBuilder> texts = new EnumMap<>(Event.Kind.class);

    List<Integer> tokens() {
      return tokens;
    }

    List<String> logprobs() {
      return logprobs;
    }

    /** Of its ends; a choice has one. */
    List<String> reasons() {
      return reasons;
    }

    /** All that came of one of {@link Event#TEXTS}, as one. */
    String text(Event.Kind kind) {
      return texts.getOrDefault(kind, new StringBuilder()).toString();
    }
  }

  /** All streams of a history that were sent. */
  static Map<String, Received> byStream(List<Event> events) {
    Map<String, Received> streams = new TreeMap<>();
    for (Event event : events) {
      if (!event.stream().isEmpty()) {
        streams.computeIfAbsent(event.stream(), _ -> new Received()).add(event);
      }
    }
    return streams;
  }

  private void add(Event event) {
    if (!ends.isEmpty()) {
      afterEnd += event.isEnd() ? 0 : 1;
    }
    switch (event.kind()) {
      case TOKEN -> choice(event).tokens.add(event.token());
      case LOGPROB -> choice(event).logprobs.add(event.text());
      case CONTENT, REASONING, CALLS ->
          choice(event)
              .texts
              .computeIfAbsent(event.kind(), _ -> new StringBuilder())
              .append(event.text());
      case FINISHED -> choice(event).reasons.add(event.text());
      case USAGE -> usages.add(Long.parseLong(event.text()));
      case DONE, FAILED, STUCK -> ends.add(event);
      default -> {}
    }
  }

  private Choice choice(Event event) {
    return choices.computeIfAbsent(event.choice(), _ -> new Choice());
  }

  Map<Integer, Choice> choices() {
    return choices;
  }

  /** How its request ended: once, if all is well. */
  List<Event> ends() {
    return ends;
  }

  /** Numbers of tokens that it has told. */
  List<Long> usages() {
    return usages;
  }

  /** What came after its first end. */
  int afterEnd() {
    return afterEnd;
  }
}
