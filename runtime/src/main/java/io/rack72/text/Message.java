package io.rack72.text;

import java.util.Objects;
import java.util.Optional;

/**
 * One message of a {@link Conversation}.
 *
 * @param role who it is from
 * @param name which user, or which tool; a tool message must have one
 * @param recipient whom it is for, such as {@code functions.get_weather}; an assistant message with
 *     a recipient is a tool call
 * @param channel such as {@code final}
 * @param contentType such as {@code <|constrain|>json}
 * @param content what it says; {@link SystemContent} only from the system, {@link DeveloperContent}
 *     only from the developer
 */
public record Message(
    Role role,
    Optional<String> name,
    Optional<String> recipient,
    Optional<String> channel,
    Optional<String> contentType,
    Content content) {

  /** Where the functions of the client live. */
  public static final String FUNCTIONS = "functions";

  public Message {
    Objects.requireNonNull(content, "content");
    name.ifPresent(word -> HeaderWord.check("the name in a message", word));
    recipient.ifPresent(word -> HeaderWord.check("the recipient of a message", word));
    channel.ifPresent(word -> HeaderWord.check("the channel of a message", word));
    contentType.ifPresent(word -> HeaderWord.check("the content type of a message", word));
    if (role == Role.TOOL && name.isEmpty()) {
      throw new IllegalArgumentException("a tool message must name its tool");
    }
    if (content instanceof SystemContent && role != Role.SYSTEM) {
      throw new IllegalArgumentException(
          "system content belongs in a system message, not in a message of role " + role.text());
    }
    if (content instanceof DeveloperContent && role != Role.DEVELOPER) {
      throw new IllegalArgumentException(
          "developer content belongs in a developer message, not in a message of role "
              + role.text());
    }
  }

  /** The message that opens a conversation. */
  public static Message system(SystemContent content) {
    return plain(Role.SYSTEM, content);
  }

  /** The client's instructions and functions. */
  public static Message developer(DeveloperContent content) {
    return plain(Role.DEVELOPER, content);
  }

  /** What a user says. */
  public static Message user(String text) {
    return plain(Role.USER, new Content.Text(text));
  }

  /** What the model says on a channel. */
  public static Message assistant(String channel, String text) {
    return new Message(
        Role.ASSISTANT,
        Optional.empty(),
        Optional.empty(),
        Optional.of(channel),
        Optional.empty(),
        new Content.Text(text));
  }

  /** A past call of one of the client's functions. */
  public static Message functionCall(String function, String argumentsJson) {
    return new Message(
        Role.ASSISTANT,
        Optional.empty(),
        Optional.of(FUNCTIONS + "." + function),
        Optional.of(Channels.COMMENTARY),
        Optional.of(HarmonyToken.CONSTRAIN.text() + "json"),
        new Content.Text(argumentsJson));
  }

  /** What a call of one of the client's functions gave. */
  public static Message functionResult(String function, String text) {
    return new Message(
        Role.TOOL,
        Optional.of(FUNCTIONS + "." + function),
        Optional.of(Role.ASSISTANT.text()),
        Optional.of(Channels.COMMENTARY),
        Optional.empty(),
        new Content.Text(text));
  }

  private static Message plain(Role role, Content content) {
    return new Message(
        role, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), content);
  }
}
