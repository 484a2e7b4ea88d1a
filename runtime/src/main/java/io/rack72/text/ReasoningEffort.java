package io.rack72.text;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How much the model is asked to reason before it answers. */
public enum ReasoningEffort {
  LOW,
  MEDIUM,
  HIGH;

  /** The effort as Harmony and the chat API write it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The effort that is written so, or none. */
  public static Optional<ReasoningEffort> of(String text) {
    return Arrays.stream(values()).filter(effort -> effort.text().equals(text)).findFirst();
  }
}
