package io.rack72.resume;

/** The tokens of a sequence so far, in the keeping of its owner. Not thread-safe. */
public interface TokensSoFar {
  /** Adds one at the end. */
  void add(int id);

  /** How many there are. */
  int size();

  /** A copy of all. */
  int[] toArray();
}
