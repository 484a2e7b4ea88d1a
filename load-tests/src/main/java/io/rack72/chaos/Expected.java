package io.rack72.chaos;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a choice of a reply has to be.
 *
 * @param tokens its ids
 * @param logprobs of those of its tokens that have one, as the server writes them
 * @param reason why it ends
 */
record Expected(List<Integer> tokens, List<String> logprobs, String reason) {
  Expected {
    tokens = List.copyOf(tokens);
    logprobs = List.copyOf(logprobs);
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
                                  String.join(",", choice.reasons()))));
              streams.put(stream, choices);
            });
    return streams;
  }
}
