package io.rack72.text;

import io.rack72.text.HarmonyEvent.ContentDelta;
import io.rack72.text.HarmonyEvent.Ending;
import io.rack72.text.HarmonyEvent.MessageEnd;
import io.rack72.text.HarmonyEvent.MessageStart;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Reads a model's output, token by token, as Harmony messages. It never fails on what a model may
 * write: what is no Harmony is handed on as text, and {@link #malformed} tells what was wrong. All
 * text of ordinary tokens comes out exactly once, in a header or in content. Not thread-safe.
 */
public final class HarmonyParser {
  /**
   * A header that has more tokens is taken for content. Enough for a function name of 64 characters
   * in a vocabulary of single letters.
   */
  public static final int MAX_HEADER_TOKENS = 256;

  private enum State {
    BETWEEN_MESSAGES,
    HEADER,
    CONTENT
  }

  private final Tokenizer tokenizer;
  private final Map<Integer, HarmonyToken> harmonyTokens = new HashMap<>();
  private final OptionalInt endOfText;

  private State state;
  private HarmonyHeader header;
  private int headerTokens;
  private final Utf8Decoder utf8 = new Utf8Decoder();
  private final List<HarmonyEvent> events = new ArrayList<>();
  private String malformed;

  private HarmonyParser(Tokenizer tokenizer, State state) {
    HarmonyToken.requireAll(tokenizer);
    this.tokenizer = tokenizer;
    for (HarmonyToken token : HarmonyToken.values()) {
      harmonyTokens.put(token.id(tokenizer).getAsInt(), token);
    }
    this.endOfText = tokenizer.special("<|endoftext|>");
    this.state = state;
    this.header = HarmonyHeader.ofAssistant();
  }

  /**
   * For output that continues a prompt that ended with {@code <|start|>assistant}.
   *
   * @throws IllegalArgumentException where the vocabulary lacks a Harmony token
   */
  public static HarmonyParser insideAssistantHeader(Tokenizer tokenizer) {
    return new HarmonyParser(tokenizer, State.HEADER);
  }

  /**
   * For output that begins with {@code <|start|>}.
   *
   * @throws IllegalArgumentException where the vocabulary lacks a Harmony token
   */
  public static HarmonyParser betweenMessages(Tokenizer tokenizer) {
    return new HarmonyParser(tokenizer, State.BETWEEN_MESSAGES);
  }

  /**
   * Takes the next token and gives what is known now that was not before.
   *
   * @throws IllegalArgumentException where the id is outside the vocabulary
   */
  public List<HarmonyEvent> push(int id) {
    HarmonyToken token = harmonyTokens.get(id);
    if (token == null) {
      if (endOfText.isPresent() && endOfText.getAsInt() == id) {
        flag("<|endoftext|> ended the output");
        end(Ending.NONE);
      } else {
        if (tokenizer.isSpecial(id)) {
          flag("a special token without meaning in Harmony, id " + id);
        }
        text(id);
      }
    } else {
      switch (token) {
        case START -> start();
        case CHANNEL, CONSTRAIN, MESSAGE -> mark(token, id);
        case END -> stop(token, Ending.END);
        case CALL -> stop(token, Ending.CALL);
        case RETURN -> stop(token, Ending.RETURN);
      }
    }
    return takeEvents();
  }

  /** Ends the output: closes what is open. */
  public List<HarmonyEvent> finish() {
    end(Ending.NONE);
    return takeEvents();
  }

  /** What was wrong with the output, where anything was: the first thing, in a few words. */
  public Optional<String> malformed() {
    return Optional.ofNullable(malformed);
  }

  private void text(int id) {
    String text = decode(tokenizer.bytes(id));
    switch (state) {
      case BETWEEN_MESSAGES -> {
        flag("text outside of a message");
        open(HarmonyHeader.ofAssistant().complete());
        addContent(text);
      }
      case HEADER -> {
        header.append(text);
        headerTokens++;
        if (header.broken()) {
          giveUpHeader("text where a header was expected");
        } else if (headerTokens > MAX_HEADER_TOKENS) {
          giveUpHeader("a header of more than " + MAX_HEADER_TOKENS + " tokens");
        }
      }
      case CONTENT -> addContent(text);
    }
  }

  private void start() {
    if (state != State.BETWEEN_MESSAGES) {
      flag("<|start|> within a message");
    }
    end(Ending.NONE);
    beginHeader(HarmonyHeader.ofAnyone());
  }

  private void mark(HarmonyToken token, int id) {
    if (state == State.BETWEEN_MESSAGES) {
      flag(token.text() + " outside of a message");
      beginHeader(HarmonyHeader.ofAssistant());
    }
    if (state == State.HEADER) {
      markHeader(token);
    } else {
      flag(token.text() + " within the content of a message");
      text(id);
    }
  }

  private void markHeader(HarmonyToken token) {
    header.append(decodeRest());
    header.completeWord();
    if (header.lacksWord()) {
      flag("no role, or nothing after a marker, before " + token.text());
    }
    if (token != HarmonyToken.MESSAGE) {
      header.append(token);
    }
    if (header.broken()) {
      giveUpHeader(token.text() + " where it cannot be in a header");
      addContent(token.text());
    } else if (token == HarmonyToken.MESSAGE) {
      open(header.complete());
    }
  }

  private void stop(HarmonyToken token, Ending ending) {
    switch (state) {
      case BETWEEN_MESSAGES -> flag(token.text() + " outside of a message");
      case HEADER -> flag(token.text() + " before <|message|>");
      case CONTENT -> {}
    }
    end(ending);
  }

  /** Closes the message or header that is open, if any. */
  private void end(Ending ending) {
    if (state == State.HEADER) {
      header.append(decodeRest());
      header.completeWord();
      if (header.isEmpty()) {
        state = State.BETWEEN_MESSAGES;
      } else {
        giveUpHeader("a header without <|message|>");
      }
    }
    if (state == State.CONTENT) {
      addContent(decodeRest());
      events.add(new MessageEnd(ending));
      state = State.BETWEEN_MESSAGES;
    }
  }

  private void beginHeader(HarmonyHeader begun) {
    header = begun;
    headerTokens = 0;
    state = State.HEADER;
  }

  private void giveUpHeader(String reason) {
    flag(reason);
    open(header.giveUp());
    addContent(header.rest());
  }

  private void open(MessageStart start) {
    events.add(start);
    state = State.CONTENT;
  }

  private void addContent(String text) {
    if (!text.isEmpty()) {
      events.add(new ContentDelta(text));
    }
  }

  private void flag(String reason) {
    if (malformed == null) {
      malformed = reason;
    }
  }

  private String decode(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    utf8.decode(bytes, text);
    return text.toString();
  }

  private String decodeRest() {
    StringBuilder text = new StringBuilder();
    utf8.finish(text);
    return text.toString();
  }

  private List<HarmonyEvent> takeEvents() {
    List<HarmonyEvent> taken = List.copyOf(events);
    events.clear();
    return taken;
  }
}
