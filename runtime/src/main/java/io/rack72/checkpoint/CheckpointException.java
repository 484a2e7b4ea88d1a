package io.rack72.checkpoint;

/**
 * A checkpoint that cannot be used. The message is one sentence for the person who named the
 * checkpoint: it names the file, where there is one the tensor or field, what is wrong and what
 * would be right.
 */
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CheckpointException(String message) {
    super(message);
  }

  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
