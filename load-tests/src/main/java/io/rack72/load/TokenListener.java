package io.rack72.load;

/** Is told of the tokens of a stream while they come, by one thread at a time. */
@FunctionalInterface
interface TokenListener {
  /** Who wants to know only the outcome. */
  TokenListener NONE = (tokens, nanos) -> {};

  /**
   * An event has come that carries tokens.
   *
   * @param tokens at least one
   * @param nanos when its last byte was read, by {@link System#nanoTime}
   */
  void came(int tokens, long nanos);
}
