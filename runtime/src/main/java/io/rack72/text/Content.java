package io.rack72.text;

import java.util.Objects;

/** What a {@link Message} says. */
public sealed interface Content permits Content.Text, SystemContent, DeveloperContent {

  /** Ordinary text; special tokens spelled in it are text as well. */
  record Text(String text) implements Content {
    public Text {
      Objects.requireNonNull(text, "text");
    }
  }
}
