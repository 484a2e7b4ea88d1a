package io.rack72.cluster;

/** A node that is not in the rack, and cannot be. The message is one sentence for its user. */
public final class NodeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NodeException(String message) {
    super(message);
  }

  NodeException(String message, Throwable cause) {
    super(message, cause);
  }
}
