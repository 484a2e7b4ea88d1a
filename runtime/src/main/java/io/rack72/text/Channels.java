package io.rack72.text;

/** The channels on which a gpt-oss model writes. */
public final class Channels {
  /** Reasoning, not meant for the user. */
  public static final String ANALYSIS = "analysis";

  /** Tool calls, and what the model says to the user while it makes them. */
  public static final String COMMENTARY = "commentary";

  /** The answer. */
  public static final String FINAL = "final";

  private Channels() {}
}
