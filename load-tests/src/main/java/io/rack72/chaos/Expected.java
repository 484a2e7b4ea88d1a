package io.rack72.chaos;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a choice of a reply has to be.
 *
 * @param tokens its ids
 * @param logprobs of those of its tokens that have one, as the server writes them
 * @param reason why it ends
 * @param texts that a reader sees, for each of {@link Event#TEXTS}
 */
record Expected(
    List<Integer> tokens, List<String> logprobs, String reason, Map<Event.Kind, String> texts) {
  Expected {
    tokens = List.copyOf(tokens);
    logprobs = List.copyOf(logprobs);
    texts = Map.copyOf(texts);
  }

  /** The choices of each stream as a history has them: that of a run without faults. */
  static Map<String, Map<Integer, Expected>> of(List<Event> events) {
    Map<String, Map<Integer, Expected>> streams = new TreeMap<>();
    Received.byStream(events)
        .forEach(
            (stream, received) -> {
              Map<Integer, Expected> choices = new TreeMap<>();
              received
                  .choices()
                  .forEach(
                      (index, choice) ->
                          choices.put(
                              index,
                              new Expected(
                                  choice.tokens(),
                                  choice.logprobs(),
                                  String.join(",", choice.reasons()),
                                  Event.TEXTS.stream()
                                      .collect(Collectors.toMap(kind -> kind, choice::text)))));
              streams.put(stream, choices);
            });
    return streams;
  }
}
