package io.rack72.gateway;

import io.rack72.sampling.SampledToken;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * What one choice of a reply has gained since it was last looked at. A stream sends it as it is; a
 * whole reply is the delta over all of it, so the two cannot differ. Deltas that nobody has taken
 * yet are one delta: a slow client gets fewer, larger ones. Not thread-safe.
 */
public final class ChoiceDelta {
  /**
   * What one call of a function has gained.
   *
   * @param index of the call in the choice, from 0
   * @param name of the function, where the call begins in this delta
   * @param arguments more characters of the argument object's JSON
   */
  public record ToolCall(int index, Optional<String> name, String arguments) {}

  /**
   * A token of which the logprobs are reported.
   *
   * @param textOffset code points of the choice's text before it
   */
  public record LoggedToken(SampledToken token, int textOffset) {}

  private record OpenCall(int index, Optional<String> name, StringBuilder arguments) {}

  private final boolean first;
  private final StringBuilder content = new StringBuilder();
  private final StringBuilder reasoning = new StringBuilder();
  private final List<OpenCall> toolCalls = new ArrayList<>();
  private final List<Integer> tokenIds = new ArrayList<>();
  private final List<LoggedToken> loggedTokens = new ArrayList<>();
  private String malformed;
  private String finishReason;

  ChoiceDelta(boolean first) {
    this.first = first;
  }

  /** Whether this is the choice's first delta. */
  public boolean first() {
    return first;
  }

  /** More text: of the completion, or of the message's content. */
  public String content() {
    return content.toString();
  }

  /** More of the model's reasoning. */
  public String reasoning() {
    return reasoning.toString();
  }

  /** What function calls have gained, in order of their index, each at most once. */
  public List<ToolCall> toolCalls() {
    return toolCalls.stream()
        .map(call -> new ToolCall(call.index(), call.name(), call.arguments().toString()))
        .toList();
  }

  /** Every token generated, the one that ended the sequence included. */
  public List<Integer> tokenIds() {
    return Collections.unmodifiableList(tokenIds);
  }

  /** The tokens of which logprobs are reported. */
  public List<LoggedToken> loggedTokens() {
    return Collections.unmodifiableList(loggedTokens);
  }

  /** Why the choice ended, where it has: {@code stop}, {@code length} or {@code tool_calls}. */
  public Optional<String> finishReason() {
    return Optional.ofNullable(finishReason);
  }

  /** With the choice's end, what was wrong with the form of the model's output, if anything. */
  public Optional<String> malformed() {
    return Optional.ofNullable(malformed);
  }

  boolean hasText() {
    return !content.isEmpty() || !reasoning.isEmpty() || !toolCalls.isEmpty();
  }

  void appendContent(String text) {
    content.append(text);
  }

  void appendReasoning(String text) {
    reasoning.append(text);
  }

  void beginToolCall(int index, String name) {
    toolCalls.add(new OpenCall(index, Optional.of(name), new StringBuilder()));
  }

  void appendToolArguments(int index, String text) {
    if (toolCalls.isEmpty() || toolCalls.getLast().index() != index) {
      toolCalls.add(new OpenCall(index, Optional.empty(), new StringBuilder()));
    }
    toolCalls.getLast().arguments().append(text);
  }

  void addToken(int id) {
    tokenIds.add(id);
  }

  void log(SampledToken token, int textOffset) {
    loggedTokens.add(new LoggedToken(token, textOffset));
  }

  void malformed(String reason) {
    malformed = reason;
  }

  void finish(String reason) {
    finishReason = reason;
  }
}
