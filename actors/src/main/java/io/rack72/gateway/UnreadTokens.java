package io.rack72.gateway;

/**
 * How many tokens of a stream wait for its client, and whether more should be made meanwhile. It is
 * not the limit of what can wait: of a step in flight a token of each sequence still comes. Not
 * thread-safe.
 */
final class UnreadTokens {
  private final int limit;
  private int waiting;
  private boolean paused;

  UnreadTokens(int limit) {
    this.limit = limit;
  }

  /** One more waits. */
  void add() {
    waiting++;
  }

  /** Whether the sequences are to be paused; says so once. */
  boolean pauses() {
    boolean pauses = !paused && waiting >= limit;
    paused |= pauses;
    return pauses;
  }

  /** Whether they are paused. */
  boolean paused() {
    return paused;
  }

  /**
   * The client has taken them, which is always all that there were.
   *
   * @return whether the sequences are to be resumed
   */
  boolean take() {
    boolean resumes = paused;
    waiting = 0;
    paused = false;
    return resumes;
  }
}
