package io.rack72.text;

import java.util.ArrayList;
import java.util.List;

/** The messages that a model is to continue, oldest first. */
public record Conversation(List<Message> messages) {
  public Conversation {
    messages = List.copyOf(messages);
  }

  /** Whether the client offers functions. */
  boolean hasFunctions() {
    return messages.stream()
        .anyMatch(
            message ->
                message.content() instanceof DeveloperContent developer
                    && !developer.functions().isEmpty());
  }

  /**
   * The conversation without the reasoning that led to answers already given. Once the last word of
   * the assistant is an answer, the model was trained not to see the analysis before the first
   * answer; analysis between later answers stays, as in openai/harmony ({@code src/encoding.rs}).
   * While a tool call is open, all of it stays.
   */
  Conversation withoutOldAnalysis() {
    boolean answered =
        messages.reversed().stream()
            .filter(message -> message.role() == Role.ASSISTANT)
            .findFirst()
            .filter(message -> isOn(Channels.FINAL, message))
            .isPresent();
    if (!answered) {
      return this;
    }
    int firstFinal = 0;
    while (!isOn(Channels.FINAL, messages.get(firstFinal))) {
      firstFinal++;
    }
    List<Message> kept = new ArrayList<>(messages);
    kept.subList(0, firstFinal).removeIf(message -> isOn(Channels.ANALYSIS, message));
    return new Conversation(kept);
  }

  private static boolean isOn(String channel, Message message) {
    return message.channel().filter(channel::equals).isPresent();
  }
}
