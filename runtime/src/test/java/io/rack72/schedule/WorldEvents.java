package io.rack72.schedule;

import java.util.EnumMap;
import java.util.Map;

/** How often what happened. */
final class WorldEvents {
  private final Map<WorldEvent, Long> counts = new EnumMap<>(WorldEvent.class);

  void count(WorldEvent event) {
    add(event, 1);
  }

  void add(WorldEvent event, long times) {
    counts.merge(event, times, Long::sum);
  }

  void addAll(WorldEvents others) {
    others.counts.forEach(this::add);
  }

  long of(WorldEvent event) {
    return counts.getOrDefault(event, 0L);
  }

  @Override
  public String toString() {
    return counts.toString();
  }
}
