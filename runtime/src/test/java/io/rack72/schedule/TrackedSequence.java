package io.rack72.schedule;

import java.util.Arrays;

/** What a {@link SchedulerWorld} knows of a sequence without asking the scheduler. */
final class TrackedSequence {
  enum Place {
    WAITING,
    RUNNING,
    PAUSED,
    ENDED
  }

  final Sequence sequence;
  final long arrival;
  final long rank;
  Place place = Place.WAITING;
  boolean inStep;
  boolean pausing;
  boolean everRan;
  int computed;
  int lengthWhenItBegan;
  int lengthWhenItQueued;

  private final Standing standing;
  // Sequences of one text and one voice go on alike, as they do at temperature 0.
  private final int voice;
  private int[] tokens;
  private int[] marks;
  private int length;
  private long hash;

  TrackedSequence(Sequence sequence, int[] text, int voice, long arrival, int agingArrivals) {
    this.sequence = sequence;
    this.voice = voice;
    this.arrival = arrival;
    standing = sequence.standing();
    // Begun elsewhere is one level before the others.
    long level = standing.priority() - (sequence.generated() > 0 ? 1L : 0);
    rank = arrival + level * agingArrivals;
    tokens = new int[text.length + 8];
    marks = new int[text.length + 8];
    hash = mix(standing.cacheSalt().hashCode());
    for (int token : text) {
      append(token);
    }
    lengthWhenItQueued = length;
  }

  int length() {
    return length;
  }

  int token(int position) {
    return tokens[position];
  }

  int[] text() {
    return Arrays.copyOf(tokens, length);
  }

  String tenant() {
    return standing.tenant();
  }

  /** What the keys and values of a position depend on: all tokens up to it, and the salt. */
  int mark(int position) {
    return marks[position];
  }

  /** The token that the model samples after all others. */
  int nextToken() {
    return (int) Math.floorMod(mix(hash + voice) >> 8, (long) RandomTexts.VOCAB_SIZE);
  }

  void append(int token) {
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * length);
      marks = Arrays.copyOf(marks, 2 * length);
    }
    hash = mix(hash + token + 1);
    tokens[length] = token;
    marks[length++] = (int) (hash >>> 32);
  }

  /** Whether it is to run before another, where nothing but rank counts. */
  boolean isBefore(TrackedSequence other) {
    return rank < other.rank || (rank == other.rank && arrival < other.arrival);
  }

  /** Whole blocks with which both begin, and which one may take over from the other. */
  int commonBlocks(TrackedSequence other, int blockTokens) {
    if (!standing.cacheSalt().equals(other.standing.cacheSalt())) {
      return 0;
    }
    int end = Math.min(length, other.length);
    int parted = Arrays.mismatch(tokens, 0, end, other.tokens, 0, end);
    return (parted < 0 ? end : parted) / blockTokens;
  }

  private static long mix(long value) {
    long z = (value + 0x9E3779B97F4A7C15L) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  @Override
  public String toString() {
    return sequence + " as " + place + ", " + computed + " of " + length;
  }
}
