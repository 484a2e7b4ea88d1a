package io.rack72.text;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What the model is told about itself. In Harmony this is not the place of a client's instructions;
 * those go into {@link DeveloperContent}.
 *
 * @param modelIdentity first sentence of the prompt
 * @param knowledgeCutoff year and month
 * @param currentDate given by the caller, for nothing here reads a clock
 * @param reasoningEffort how much to reason
 * @param tools built-in tools; they are announced in the order of their names
 * @param validChannels channels that the model may use; without any nothing is said about them
 * @param channelRequired whether every message must name its channel
 */
public record SystemContent(
    Optional<String> modelIdentity,
    Optional<String> knowledgeCutoff,
    Optional<String> currentDate,
    Optional<ReasoningEffort> reasoningEffort,
    List<ToolNamespace> tools,
    List<String> validChannels,
    boolean channelRequired)
    implements Content {

  /** What the gpt-oss models were trained with, without a date: medium effort, no tools. */
  public static final SystemContent DEFAULT =
      new SystemContent(
          Optional.of("You are ChatGPT, a large language model trained by OpenAI."),
          Optional.of("2024-06"),
          Optional.empty(),
          Optional.of(ReasoningEffort.MEDIUM),
          List.of(),
          List.of(Channels.ANALYSIS, Channels.COMMENTARY, Channels.FINAL),
          true);

  public SystemContent {
    Objects.requireNonNull(modelIdentity, "modelIdentity");
    Objects.requireNonNull(knowledgeCutoff, "knowledgeCutoff");
    Objects.requireNonNull(currentDate, "currentDate");
    Objects.requireNonNull(reasoningEffort, "reasoningEffort");
    tools = List.copyOf(tools);
    validChannels = List.copyOf(validChannels);
  }

  /** The same with another effort. */
  public SystemContent withReasoningEffort(ReasoningEffort effort) {
    return new SystemContent(
        modelIdentity,
        knowledgeCutoff,
        currentDate,
        Optional.of(effort),
        tools,
        validChannels,
        channelRequired);
  }

  /** The same with a current date, written as {@code 2025-06-28}. */
  public SystemContent withCurrentDate(String date) {
    return new SystemContent(
        modelIdentity,
        knowledgeCutoff,
        Optional.of(date),
        reasoningEffort,
        tools,
        validChannels,
        channelRequired);
  }
}
