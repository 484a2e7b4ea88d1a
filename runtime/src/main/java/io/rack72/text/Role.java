package io.rack72.text;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Who a message of a {@link Conversation} is from. */
public enum Role {
  SYSTEM,
  DEVELOPER,
  USER,
  ASSISTANT,
  TOOL;

  /** The role as Harmony and the chat API write it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The role that is written so, or none. */
  public static Optional<Role> of(String text) {
    return Arrays.stream(values()).filter(role -> role.text().equals(text)).findFirst();
  }
}
