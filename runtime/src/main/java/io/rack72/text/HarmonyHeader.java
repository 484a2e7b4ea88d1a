package io.rack72.text;

import io.rack72.text.HarmonyEvent.MessageStart;
import java.util.Optional;

/**
 * The header of one message while it is being read. Its grammar, words parted by white space:
 *
 * <pre>
 * header  = [role] { "to=" recipient | CHANNEL channel | CONSTRAIN format | type } MESSAGE
 * </pre>
 *
 * with each part at most once and a plain type only after a recipient or channel. The model writes
 * the recipient before or after the channel, and may leave out the space before {@code
 * <|constrain|>}.
 *
 * <p>As soon as the text cannot be a header any more, {@link #broken} says so; {@link #giveUp} then
 * keeps the parts that were good and {@link #rest} is what has to be handed on as content. Not
 * thread-safe.
 */
final class HarmonyHeader {
  private enum Expected {
    ROLE,
    CHANNEL,
    FORMAT,
    ANYTHING
  }

  private static final String TO = "to=";

  private final StringBuilder text = new StringBuilder();
  // How much of the text consists of parts that have been understood.
  private int understood;
  private final StringBuilder word = new StringBuilder();
  private Expected expected;
  private boolean broken;

  private Role role;
  // The first word is no role, so it is taken for a tool's name if a header it becomes.
  private boolean roleGuessed;
  private String name;
  private String recipient;
  private String channel;
  private String contentType;
  // Where a plain type begins while it is the last part: it may yet prove to be content.
  private int plainTypeStart = -1;

  private HarmonyHeader(Role role, Expected expected) {
    this.role = role;
    this.expected = expected;
  }

  /** A header that begins after {@code <|start|>}. */
  static HarmonyHeader ofAnyone() {
    return new HarmonyHeader(Role.ASSISTANT, Expected.ROLE);
  }

  /** A header that begins after {@code <|start|>assistant}. */
  static HarmonyHeader ofAssistant() {
    return new HarmonyHeader(Role.ASSISTANT, Expected.ANYTHING);
  }

  /** Takes more text. */
  void append(String more) {
    for (int i = 0; i < more.length(); i++) {
      char c = more.charAt(i);
      if (HeaderWord.isSpace(c)) {
        completeWord();
      } else {
        word.append(c);
      }
      text.append(c);
    }
    broken |= !word.isEmpty() && expected == Expected.ANYTHING && !mayBecomePart(word.toString());
  }

  /** Takes {@code <|channel|>} or {@code <|constrain|>}; where it does not fit, breaks. */
  void append(HarmonyToken marker) {
    completeWord();
    boolean isChannel = marker == HarmonyToken.CHANNEL;
    boolean wordMissing = expected == Expected.CHANNEL || expected == Expected.FORMAT;
    broken |= wordMissing || (isChannel ? channel : contentType) != null;
    if (!broken) {
      expected = isChannel ? Expected.CHANNEL : Expected.FORMAT;
      text.append(marker.text());
      understood = text.length();
      plainTypeStart = -1;
    }
  }

  /** Ends the last word, as any special token does. */
  void completeWord() {
    if (word.isEmpty() || broken) {
      return;
    }
    String complete = word.toString();
    word.setLength(0);
    boolean plainType = false;
    switch (expected) {
      case ROLE -> readRole(complete);
      case CHANNEL -> channel = complete;
      case FORMAT -> contentType = HarmonyToken.CONSTRAIN.text() + complete;
      case ANYTHING -> {
        if (isRecipient(complete)) {
          recipient = complete.substring(TO.length());
        } else if (mayHaveType()) {
          contentType = complete;
          plainType = true;
        } else {
          broken = true;
          return;
        }
      }
    }
    plainTypeStart = plainType ? understood : -1;
    if (expected != Expected.ROLE || !roleGuessed) {
      understood = text.length();
    }
    expected = Expected.ANYTHING;
  }

  /** Whether nothing has been read yet. */
  boolean isEmpty() {
    return text.isEmpty();
  }

  /** Whether what was read is no header and no beginning of one. */
  boolean broken() {
    return broken;
  }

  /** Whether a word has to follow: the role, or what a marker announced. */
  boolean lacksWord() {
    return expected != Expected.ANYTHING;
  }

  /** The header as {@code <|message|>} ends it. */
  MessageStart complete() {
    understood = text.length();
    return start();
  }

  /** The header as far as it was understood; what comes after that is {@link #rest}. */
  MessageStart giveUp() {
    if (plainTypeStart >= 0) {
      understood = plainTypeStart;
      contentType = null;
    }
    if (roleGuessed && understood == 0) {
      role = Role.ASSISTANT;
      name = null;
    }
    return start();
  }

  /** The text that was not understood. */
  String rest() {
    return text.substring(understood);
  }

  private MessageStart start() {
    return new MessageStart(
        role,
        Optional.ofNullable(name),
        Optional.ofNullable(recipient),
        Optional.ofNullable(channel),
        Optional.ofNullable(contentType),
        text.substring(0, understood));
  }

  private void readRole(String complete) {
    int colon = complete.indexOf(':');
    Optional<Role> known = Role.of(colon < 0 ? complete : complete.substring(0, colon));
    boolean named = colon >= 0 && colon + 1 < complete.length();
    if (known.isPresent() && known.get() != Role.TOOL && (colon < 0 || named)) {
      role = known.get();
      name = named ? complete.substring(colon + 1) : null;
    } else {
      role = Role.TOOL;
      name = complete;
      roleGuessed = true;
    }
  }

  private boolean isRecipient(String complete) {
    return recipient == null && complete.startsWith(TO) && complete.length() > TO.length();
  }

  private boolean mayHaveType() {
    return contentType == null && (recipient != null || channel != null);
  }

  private boolean mayBecomePart(String beginning) {
    return mayHaveType()
        || (recipient == null && (beginning.startsWith(TO) || TO.startsWith(beginning)));
  }
}
