package io.rack72.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a {@link HarmonyParser} finds in a model's output. Messages do not overlap: each is one
 * start, any number of deltas, one end.
 */
public sealed interface HarmonyEvent {

  /**
   * A header is complete, and content follows.
   *
   * @param name of the user or tool, for messages that are not the assistant's
   * @param header the text in which all this was said, special tokens in their literal form
   */
  record MessageStart(
      Role role,
      Optional<String> name,
      Optional<String> recipient,
      Optional<String> channel,
      Optional<String> contentType,
      String header)
      implements HarmonyEvent {

    /** The client's function that this message calls. */
    public Optional<String> calledFunction() {
      String prefix = Message.FUNCTIONS + ".";
      return recipient
          .filter(to -> role == Role.ASSISTANT && to.startsWith(prefix))
          .map(to -> to.substring(prefix.length()));
    }
  }

  /** More of the message's content, never empty, characters never torn apart. */
  record ContentDelta(String text) implements HarmonyEvent {}

  /** The message is complete. */
  record MessageEnd(Ending ending) implements HarmonyEvent {}

  /** How a message ended. */
  enum Ending {
    /** With {@code <|end|>}. */
    END,
    /** With {@code <|call|>}: the model waits for a tool. */
    CALL,
    /** With {@code <|return|>}: the model has finished. */
    RETURN,
    /** With none of them: the output stopped, or something else began. */
    NONE
  }

  /** The messages that a complete run of events tells of. */
  static List<Message> messages(List<HarmonyEvent> events) {
    List<Message> messages = new ArrayList<>();
    MessageStart open = null;
    StringBuilder content = new StringBuilder();
    for (HarmonyEvent event : events) {
      switch (event) {
        case MessageStart start -> open = start;
        case ContentDelta delta -> content.append(delta.text());
        case MessageEnd _ -> {
          messages.add(
              new Message(
                  open.role(),
                  open.name(),
                  open.recipient(),
                  open.channel(),
                  open.contentType(),
                  new Content.Text(content.toString())));
          content.setLength(0);
        }
      }
    }
    return messages;
  }
}
