package io.rack72.chaos;

import io.rack72.fault.ScheduledFault;
import io.rack72.load.Summary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How long streams stood still: the times between two tokens of one choice of a stream, and how
 * long those waited of which nothing had come. Pure; thread-safe.
 */
final class Pauses {
  private final Map<Reading, List<Long>> tokens = new LinkedHashMap<>();
  private final Map<String, Long> sent = new LinkedHashMap<>();
  private final Map<String, Long> firstTokens = new HashMap<>();

  private record Reading(String stream, int choice) {}

  /** Of a run's history. */
  Pauses(List<Event> events) {
    for (Event event : events) {
      if (event.kind() == Event.Kind.TOKEN) {
        firstTokens.putIfAbsent(event.stream(), event.atNanos());
        Reading reading = new Reading(event.stream(), event.choice());
        List<Long> times = tokens.computeIfAbsent(reading, _ -> new ArrayList<>());
        // What came in one piece came at one time.
        if (times.isEmpty() || times.getLast() != event.atNanos()) {
          times.add(event.atNanos());
        }
      } else if (event.kind() == Event.Kind.SENT) {
        sent.put(event.stream(), event.atNanos());
      }
    }
  }

  /**
   * Time without a token in a stream.
   *
   * @param fromNanos of the token before it
   * @param toNanos of the token after it
   */
  record Gap(String stream, long fromNanos, long toNanos) {
    long nanos() {
      return toNanos - fromNanos;
    }
  }

  /** All gaps of at least so long. */
  List<Gap> longerThan(Duration length) {
    List<Gap> gaps = new ArrayList<>();
    tokens.forEach(
        (reading, times) -> {
          for (int i = 1; i < times.size(); i++) {
            Gap gap = new Gap(reading.stream(), times.get(i - 1), times.get(i));
            if (gap.nanos() >= length.toNanos()) {
              gaps.add(gap);
            }
          }
        });
    return gaps;
  }

  /**
   * The largest gap of each choice that was running at a time, of those gaps that lie at least in
   * part in an interval: choices that had a token before it began and one after.
   */
  Optional<Summary> largestWithin(long fromNanos, long toNanos) {
    List<Long> largest = new ArrayList<>();
    for (List<Long> times : tokens.values()) {
      if (times.getFirst() > fromNanos || times.getLast() <= fromNanos) {
        continue;
      }
      long most = 0;
      for (int i = 1; i < times.size(); i++) {
        if (times.get(i) > fromNanos && times.get(i - 1) < toNanos) {
          most = Math.max(most, times.get(i) - times.get(i - 1));
        }
      }
      largest.add(most);
    }
    return Summary.of(largest.stream().mapToLong(Long::longValue));
  }

  /** The largest gap of each choice that lies before a time, of those that have one. */
  Optional<Summary> beforeAll(Duration time) {
    List<Long> largest = new ArrayList<>();
    for (List<Long> times : tokens.values()) {
      long most = 0;
      for (int i = 1; i < times.size() && times.get(i) < time.toNanos(); i++) {
        most = Math.max(most, times.get(i) - times.get(i - 1));
      }
      if (most > 0) {
        largest.add(most);
      }
    }
    return Summary.of(largest.stream().mapToLong(Long::longValue));
  }

  /** What a fault did to the streams that it found running. */
  Optional<Summary> of(ScheduledFault fault, Duration effect) {
    return largestWithin(fault.at().toNanos(), fault.end().plus(effect).toNanos());
  }

  /**
   * How long streams had waited for their first token when they got it, of which nothing had come
   * yet when a fault began.
   */
  Optional<Summary> firstTokens(ScheduledFault fault) {
    long at = fault.at().toNanos();
    return Summary.of(
        sent.entrySet().stream()
            .filter(stream -> stream.getValue() < at)
            .filter(stream -> firstTokens.getOrDefault(stream.getKey(), at) > at)
            .mapToLong(stream -> firstTokens.get(stream.getKey()) - stream.getValue()));
  }
}
