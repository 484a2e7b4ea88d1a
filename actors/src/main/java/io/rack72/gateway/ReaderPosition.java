package io.rack72.gateway;

import io.rack72.resume.EventId;
import io.rack72.resume.StreamKey;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * How far a stream's reader is: in tokens of each choice, because events depend on when it pulls.
 * Whoever goes on with a stream makes the choices anew from their tokens, throws away what they
 * have gained when they are where the reader is, and sends what comes then. Not thread-safe.
 */
final class ReaderPosition {
  private final StreamKey key;
  private final List<Integer> had;
  private final Integer[] told;
  private boolean usageTold;

  private ReaderPosition(StreamKey key, List<Integer> had, boolean usageTold) {
    this.key = key;
    this.had = had;
    this.told = had.toArray(Integer[]::new);
    this.usageTold = usageTold;
  }

  /** Of a reader that has nothing yet. */
  static ReaderPosition atStart(StreamKey key, int choices) {
    return new ReaderPosition(key, Collections.nCopies(choices, EventId.NOTHING), false);
  }

  /** Of one that has this event and those before it. */
  static ReaderPosition behind(EventId event) {
    return new ReaderPosition(event.key(), event.tokens(), event.usageTold());
  }

  /** Tokens of the choice that the reader had when this gateway began, 0 where it had none. */
  int had(int choice) {
    return Math.max(0, had.get(choice));
  }

  /** Whether a choice with so many tokens is just where the reader was. */
  boolean isAt(int choice, int tokens) {
    return had.get(choice) == tokens;
  }

  /** Whether what a choice with so many tokens gains is new to the reader. */
  boolean isBehind(int choice, int tokens) {
    return had.get(choice) <= tokens;
  }

  /** Whether the reader has been told the usage. */
  boolean usageTold() {
    return usageTold;
  }

  /** The id of an event that brings all that a choice has gained with so many tokens. */
  String told(int choice, int tokens) {
    told[choice] = tokens;
    return id();
  }

  /** The id of the event that tells the usage. */
  String toldUsage() {
    usageTold = true;
    return id();
  }

  private String id() {
    return new EventId(key, Arrays.asList(told), usageTold).text();
  }
}
