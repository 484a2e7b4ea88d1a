package io.rack72.resume;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the id of an event says: which stream it is of, and what its reader has when it has this
 * event and all before it. As text, which means nothing to clients:
 *
 * <pre>
 * KEY.12            one choice, 12 tokens of it
 * KEY.12..0         three choices; of the second there was no event yet, and one of the third
 *                   that came before its first token, as an echoed prompt does
 * KEY.12.u          the event that tells the usage, after all others
 * </pre>
 *
 * <p>Immutable.
 *
 * @param tokens of each choice in its events so far, {@link #NOTHING} before its first event
 * @param usageTold whether the usage was told
 */
public record EventId(StreamKey key, List<Integer> tokens, boolean usageTold) {
  /** Of a choice that there was no event of. */
  public static final int NOTHING = -1;

  /** Most choices of a stream. */
  static final int MAX_CHOICES = 4096;

  private static final String USAGE = "u";
  private static final int MAX_DIGITS = 9;

  public EventId {
    tokens = List.copyOf(tokens);
    if (tokens.isEmpty() || tokens.size() > MAX_CHOICES) {
      throw new IllegalArgumentException(
          "a stream has 1 to %d choices, not %d".formatted(MAX_CHOICES, tokens.size()));
    }
  }

  /** The id of a text; empty where it is not one that {@link #text} gives. */
  public static Optional<EventId> of(String text) {
    String[] parts = text.split("\\.", MAX_CHOICES + 3);
    boolean usageTold = parts[parts.length - 1].equals(USAGE);
    int choices = parts.length - 1 - (usageTold ? 1 : 0);
    Optional<StreamKey> key = StreamKey.of(parts[0]);
    if (key.isEmpty() || choices < 1 || choices > MAX_CHOICES) {
      return Optional.empty();
    }
    List<Integer> tokens = new ArrayList<>(choices);
    for (int i = 1; i <= choices; i++) {
      if (!isCount(parts[i])) {
        return Optional.empty();
      }
      tokens.add(parts[i].isEmpty() ? NOTHING : Integer.parseInt(parts[i]));
    }
    return Optional.of(new EventId(key.get(), tokens, usageTold));
  }

  private static boolean isCount(String part) {
    return part.length() <= MAX_DIGITS
        && part.chars().allMatch(c -> c >= '0' && c <= '9')
        && (part.length() < 2 || part.charAt(0) != '0');
  }

  /** The id as an event bears it. */
  public String text() {
    StringBuilder text = new StringBuilder(key.text());
    for (int count : tokens) {
      text.append('.');
      if (count != NOTHING) {
        text.append(count);
      }
    }
    return usageTold ? text.append('.').append(USAGE).toString() : text.toString();
  }
}
