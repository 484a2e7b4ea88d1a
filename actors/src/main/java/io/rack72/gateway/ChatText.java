package io.rack72.gateway;

import io.rack72.text.Channels;
import io.rack72.text.HarmonyEvent;
import io.rack72.text.HarmonyParser;
import io.rack72.text.StopStrings;
import io.rack72.text.Tokenizer;
import java.util.List;
import java.util.Optional;

/**
 * The text of a chat reply, out of Harmony messages: what is on the analysis channel is reasoning,
 * what goes to one of the client's functions is a call, and all the rest is content, malformed
 * output included. Stop strings are looked for in content only. Not thread-safe.
 */
public final class ChatText implements ReplyText {
  private enum Kind {
    NONE,
    REASONING,
    CONTENT,
    CALL
  }

  /** Parts what several messages of one kind say. */
  private static final String SEPARATOR = "\n";

  private final Tokenizer tokenizer;
  private final HarmonyParser parser;
  private final StopStrings stops;
  private Kind open = Kind.NONE;
  private boolean hasReasoning;
  private boolean hasContent;
  private int calls;
  private int codePoints;
  private int reasoningTokens;
  private boolean logs;

  /**
   * @param tokenizer has all of Harmony's special tokens
   * @param stops the strings that end the content
   */
  public ChatText(Tokenizer tokenizer, StopStrings stops) {
    this.tokenizer = tokenizer;
    this.parser = HarmonyParser.insideAssistantHeader(tokenizer);
    this.stops = stops;
  }

  @Override
  public void push(int id, ChoiceDelta delta) {
    // A model may have more rows than its tokenizer has ids.
    if (id >= tokenizer.vocabularySize()) {
      logs = false;
      return;
    }
    deliver(parser.push(id), delta);
    boolean ordinary = !tokenizer.isSpecial(id);
    logs = ordinary && open == Kind.CONTENT;
    if (ordinary && open == Kind.REASONING) {
      reasoningTokens++;
    }
  }

  @Override
  public void pushStop(int id, ChoiceDelta delta) {
    logs = false;
    if (id < tokenizer.vocabularySize() && tokenizer.isSpecial(id)) {
      deliver(parser.push(id), delta);
    }
  }

  @Override
  public void finish(ChoiceDelta delta) {
    deliver(parser.finish(), delta);
    delta.appendContent(stops.finish());
  }

  @Override
  public boolean stopped() {
    return stops.matched();
  }

  @Override
  public boolean logs() {
    return logs;
  }

  @Override
  public int codePoints() {
    return codePoints;
  }

  @Override
  public int reasoningTokens() {
    return reasoningTokens;
  }

  @Override
  public boolean callsTools() {
    return calls > 0;
  }

  @Override
  public Optional<String> malformed() {
    return parser.malformed();
  }

  private void deliver(List<HarmonyEvent> events, ChoiceDelta delta) {
    for (HarmonyEvent event : events) {
      switch (event) {
        case HarmonyEvent.MessageStart start -> begin(start, delta);
        case HarmonyEvent.ContentDelta more -> add(more.text(), delta);
        case HarmonyEvent.MessageEnd end -> open = Kind.NONE;
      }
    }
  }

  private void begin(HarmonyEvent.MessageStart start, ChoiceDelta delta) {
    Optional<String> function = start.calledFunction();
    if (function.isPresent()) {
      open = Kind.CALL;
      delta.beginToolCall(calls++, function.get());
    } else if (start.channel().filter(Channels.ANALYSIS::equals).isPresent()) {
      open = Kind.REASONING;
      if (hasReasoning) {
        add(SEPARATOR, delta);
      }
    } else {
      open = Kind.CONTENT;
      if (hasContent) {
        add(SEPARATOR, delta);
      }
    }
  }

  private void add(String text, ChoiceDelta delta) {
    switch (open) {
      case CALL -> delta.appendToolArguments(calls - 1, text);
      case REASONING -> {
        hasReasoning = true;
        delta.appendReasoning(text);
      }
      case CONTENT -> {
        hasContent = true;
        codePoints += text.codePointCount(0, text.length());
        delta.appendContent(stops.push(text));
      }
      case NONE -> throw new IllegalStateException("content outside of a message");
    }
  }
}
