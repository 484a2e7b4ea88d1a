package io.rack72.text;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Writes a {@link Conversation} as the token ids of a Harmony prompt, exactly as openai/harmony
 * does ({@code src/encoding.rs}). Every text is encoded as ordinary text, so nothing that a client
 * sends can become a special token. Immutable and thread-safe.
 */
public final class HarmonyRenderer {
  /** What the rendered conversation is for. */
  public enum Mode {
    /** To be continued: ends within the header of the assistant's next message. */
    COMPLETION,
    /** Just the messages. */
    PLAIN,
    /** To be learned: an answer at the end is closed by {@code <|return|>}. */
    TRAINING
  }

  /** Special token or ordinary text; exactly one of the two is there. */
  private record Segment(Optional<HarmonyToken> token, String text) {
    static Segment of(HarmonyToken token) {
      return new Segment(Optional.of(token), token.text());
    }

    static Segment of(String text) {
      return new Segment(Optional.empty(), text);
    }
  }

  private final Tokenizer tokenizer;
  private final Map<HarmonyToken, Integer> ids = new EnumMap<>(HarmonyToken.class);

  /**
   * @throws IllegalArgumentException where the vocabulary lacks a Harmony token; {@link
   *     HarmonyToken#whyUnsupported} tells beforehand
   */
  public HarmonyRenderer(Tokenizer tokenizer) {
    HarmonyToken.requireAll(tokenizer);
    this.tokenizer = tokenizer;
    for (HarmonyToken token : HarmonyToken.values()) {
      ids.put(token, token.id(tokenizer).getAsInt());
    }
  }

  /** Whether a vocabulary has all the special tokens that conversations need. */
  public static boolean supports(Tokenizer tokenizer) {
    return HarmonyToken.whyUnsupported(tokenizer).isEmpty();
  }

  /** The prompt that the assistant is to continue, without reasoning that has served its turn. */
  public int[] renderForCompletion(Conversation conversation) {
    return render(conversation, Mode.COMPLETION, true);
  }

  /**
   * The token ids of a conversation.
   *
   * @param dropOldAnalysis whether reasoning before the first answer is left out where the
   *     assistant's last message is an answer
   */
  public int[] render(Conversation conversation, Mode mode, boolean dropOldAnalysis) {
    return segments(conversation, mode, dropOldAnalysis).stream()
        .flatMapToInt(
            segment ->
                segment
                    .token()
                    .map(token -> IntStream.of(ids.get(token)))
                    .orElseGet(() -> IntStream.of(tokenizer.encode(segment.text()))))
        .toArray();
  }

  /** The same as text, with the special tokens in their literal form. */
  public String renderText(Conversation conversation, Mode mode, boolean dropOldAnalysis) {
    return segments(conversation, mode, dropOldAnalysis).stream()
        .map(Segment::text)
        .collect(Collectors.joining());
  }

  private static List<Segment> segments(
      Conversation conversation, Mode mode, boolean dropOldAnalysis) {
    Conversation shown = dropOldAnalysis ? conversation.withoutOldAnalysis() : conversation;
    List<Segment> segments = new ArrayList<>();
    for (Message message : shown.messages()) {
      addHeader(message, segments);
      segments.add(Segment.of(text(message.content(), conversation.hasFunctions())));
      boolean call = message.role() == Role.ASSISTANT && message.recipient().isPresent();
      segments.add(Segment.of(call ? HarmonyToken.CALL : HarmonyToken.END));
    }
    switch (mode) {
      case PLAIN -> {}
      case COMPLETION -> {
        segments.add(Segment.of(HarmonyToken.START));
        segments.add(Segment.of(Role.ASSISTANT.text()));
      }
      case TRAINING -> {
        if (endsWithAnswer(conversation)) {
          segments.set(segments.size() - 1, Segment.of(HarmonyToken.RETURN));
        }
      }
    }
    return segments;
  }

  // Each part of a header is encoded by itself: merges across parts would give other ids.
  private static void addHeader(Message message, List<Segment> segments) {
    segments.add(Segment.of(HarmonyToken.START));
    if (message.role() == Role.TOOL) {
      segments.add(Segment.of(message.name().orElseThrow()));
    } else {
      segments.add(Segment.of(message.role().text()));
      message.name().ifPresent(name -> segments.add(Segment.of(":" + name)));
    }
    message
        .recipient()
        .filter(recipient -> !recipient.equals("all"))
        .ifPresent(recipient -> segments.add(Segment.of(" to=" + recipient)));
    message
        .channel()
        .ifPresent(
            channel -> {
              segments.add(Segment.of(HarmonyToken.CHANNEL));
              segments.add(Segment.of(channel));
            });
    message.contentType().ifPresent(contentType -> addContentType(contentType, segments));
    segments.add(Segment.of(HarmonyToken.MESSAGE));
  }

  private static void addContentType(String contentType, List<Segment> segments) {
    String constrain = HarmonyToken.CONSTRAIN.text();
    if (contentType.startsWith(constrain)) {
      segments.add(Segment.of(" "));
      segments.add(Segment.of(HarmonyToken.CONSTRAIN));
      segments.add(Segment.of(contentType.substring(constrain.length())));
    } else {
      segments.add(Segment.of(" " + contentType));
    }
  }

  private static String text(Content content, boolean functionsOffered) {
    return switch (content) {
      case Content.Text text -> text.text();
      case SystemContent system -> HarmonyPrompt.system(system, functionsOffered);
      case DeveloperContent developer -> HarmonyPrompt.developer(developer);
    };
  }

  private static boolean endsWithAnswer(Conversation conversation) {
    if (conversation.messages().isEmpty()) {
      return false;
    }
    Message last = conversation.messages().getLast();
    return last.role() == Role.ASSISTANT
        && last.channel().filter(Channels.FINAL::equals).isPresent();
  }
}
