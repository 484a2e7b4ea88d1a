package io.rack72.sampling;

/**
 * A model gave logits from which nothing can be chosen. Never the fault of a request: weights or
 * arithmetic are wrong, and a token chosen regardless would hide it.
 */
public final class BrokenLogitsException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Says what is wrong with which logit. */
  public BrokenLogitsException(String message) {
    super(message);
  }
}
