package io.rack72.config;

/**
 * A configuration that cannot be used. The message is one sentence that names the key, where its
 * value came from, what is wrong and what would be right. It never holds a secret.
 */
public final class InvalidConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public InvalidConfigException(String message) {
    super(message);
  }

  public InvalidConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
