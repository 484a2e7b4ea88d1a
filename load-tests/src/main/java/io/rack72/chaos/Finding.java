package io.rack72.chaos;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;

/**
 * Something that must not be.
 *
 * @param stream whose it is; empty for what concerns the rack
 * @param sentence that says what was seen and what would be right
 */
record Finding(Kind kind, String stream, String sentence) {
  /** What it is. */
  enum Kind {
    WRONG_TOKEN,
    MISSING_TOKENS,
    DOUBLED_TOKENS,
    WRONG_LOGPROB,
    WRONG_END,
    WRONG_USAGE,
    NOT_ENDED,
    ENDED_TWICE,
    FAILED,
    STUCK,
    NOT_LEVEL,
    NOT_ONE_PLACEMENT,
    FAULT_REFUSED,
    PAUSE_TOO_LONG
  }

  ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("finding", kind.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    if (!stream.isEmpty()) {
      json.put("stream", stream);
    }
    return json.put("what", sentence);
  }
}
