package io.rack72.load;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The requests that failed.
 *
 * @param byKind how many, by HTTP status or a word where there is none
 * @param examples for each kind, why the first of it failed
 */
record Failed(Map<String, Integer> byKind, Map<String, String> examples) {
  Failed {
    byKind = new TreeMap<>(byKind);
    examples = new TreeMap<>(examples);
  }

  /** Those among some outcomes. */
  static Failed of(List<Outcome> outcomes) {
    Map<String, Integer> byKind = new TreeMap<>();
    Map<String, String> examples = new TreeMap<>();
    for (Outcome outcome : outcomes) {
      if (!outcome.succeeded()) {
        byKind.merge(outcome.failure(), 1, Integer::sum);
        examples.putIfAbsent(outcome.failure(), outcome.error().orElse("it was given up"));
      }
    }
    return new Failed(byKind, examples);
  }

  boolean isEmpty() {
    return byKind.isEmpty();
  }

  /** One line for each kind. */
  void print(PrintWriter out) {
    byKind.forEach(
        (kind, count) ->
            out.printf("failed, %s: %d, the first: %s%n", kind, count, examples.get(kind)));
  }

  /** Adds them to an object. */
  void put(ObjectNode json) {
    ObjectNode errors = json.putObject("errors");
    byKind.forEach(errors::put);
    ObjectNode first = json.putObject("error_examples");
    examples.forEach(first::put);
  }
}
