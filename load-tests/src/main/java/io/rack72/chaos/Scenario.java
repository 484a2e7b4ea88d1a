package io.rack72.chaos;

import io.rack72.fault.FaultSchedule;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * A run that is to be: a rack, its load, its faults, and what must hold.
 *
 * @param name of its file
 * @param about one sentence
 * @param random whether faults are drawn one after the other, so that one may find that others have
 *     left nobody to suffer it
 */
record Scenario(
    String name,
    String about,
    Rack rack,
    Load load,
    FaultSchedule faults,
    boolean random,
    Limits limits) {
  /**
   * The rack.
   *
   * @param jvms that it has; trays are dealt out among them
   * @param gateways numbers of the JVMs that have one
   * @param restart whether a JVM that dies is started again
   * @param settings as {@code --set} takes them
   */
  record Rack(int jvms, Set<Integer> gateways, boolean restart, List<String> settings) {
    Rack {
      settings = List.copyOf(settings);
    }
  }

  /**
   * What clients ask. Each asks again as soon as it has its reply.
   *
   * @param streams clients, of which each reads one reply at a time
   * @param length after which no request is sent any more
   */
  record Load(int streams, Duration length, Range promptTokens, Range replyTokens) {}

  /**
   * What must hold.
   *
   * @param pauseP99 of the largest pause of each choice of a stream that a fault finds running
   * @param grace after the load, in which all replies must be over
   * @param level after that, in which the rack must be as it was before
   * @param effect how long after a fault is over pauses count as its doing
   */
  record Limits(Duration pauseP99, Duration grace, Duration level, Duration effect) {}

  /** Whole numbers from one to another, both included. */
  record Range(int from, int to) {
    /** One of them. */
    int draw(SplittableRandom random) {
      return random.nextInt(from, to + 1);
    }
  }

  /** The same with so many streams. */
  Scenario withStreams(int streams) {
    return new Scenario(
        name,
        about,
        rack,
        new Load(streams, load.length, load.promptTokens, load.replyTokens),
        faults,
        random,
        limits);
  }
}
