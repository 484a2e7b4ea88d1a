package io.rack72.schedule;

/** What became of a sequence that asked for a GPU. */
public sealed interface Admission {
  /** It waits for its first step. */
  record Accepted(Sequence sequence) implements Admission {}

  /**
   * It was not taken.
   *
   * @param reason which kind
   * @param detail one sentence for the client, with the numbers
   */
  record Refused(Reason reason, String detail) implements Admission {}

  /** Why a sequence is refused. */
  enum Reason {
    /** It could never fit, however idle the GPU: the request must be smaller. */
    TOO_LARGE,
    /** Too many wait already: the same request may be taken later. */
    FULL,
    /** It has no token to compute, one outside the vocabulary, or has already ended. */
    INVALID
  }
}
