package io.rack72.checkpoint;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A checkpoint that cannot be used or cannot be written. The message is one sentence for the person
 * who named the checkpoint: it names the file, where there is one the tensor or field, what is
 * wrong and what would be right.
 */
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Longest piece of a file's own text that a message repeats. */
  private static final int MAX_QUOTED_CHARS = 160;

  public CheckpointException(String message) {
    super(message);
  }

  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Tells that the operating system would not let a file be read. */
  static CheckpointException unreadable(Path file, IOException cause) {
    String sentence =
        switch (cause) {
          case NoSuchFileException _ -> file + " is missing";
          case AccessDeniedException _ -> file + " may not be read by this user";
          case FileSystemException e when e.getReason() != null ->
              "cannot read " + file + ": " + e.getReason();
          default -> "cannot read " + file + ": " + cause.getMessage();
        };
    return new CheckpointException(sentence, cause);
  }

  /**
   * A name or value taken from a file, fit for a message: in quotes, not overlong, and without
   * control characters, which could otherwise forge lines in a terminal or a log.
   */
  static String quoted(String text) {
    String shown =
        text.length() <= MAX_QUOTED_CHARS ? text : text.substring(0, MAX_QUOTED_CHARS) + "...";
    StringBuilder out = new StringBuilder(shown.length() + 2).append('\'');
    shown
        .codePoints()
        .map(c -> Character.isISOControl(c) || !Character.isDefined(c) ? '?' : c)
        .forEach(out::appendCodePoint);
    return out.append('\'').toString();
  }
}
