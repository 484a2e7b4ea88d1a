package io.rack72.schedule;

/** Why a sequence ended by itself. */
public enum FinishReason {
  /** A stop id was chosen; it is the sequence's last token. */
  STOP,
  /** The token limit or the end of the context was reached. */
  LENGTH
}
