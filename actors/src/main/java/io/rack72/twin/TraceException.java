package io.rack72.twin;

/** A trace that cannot be replayed. The message is one sentence that names file and line. */
public final class TraceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TraceException(String message, Throwable cause) {
    super(message, cause);
  }
}
