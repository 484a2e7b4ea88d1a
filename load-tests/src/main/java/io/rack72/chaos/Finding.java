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
    WRONG_TEXT,
    MISSING_TEXT,
    DOUBLED_TEXT,
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
    /** A fault of the schedule that was never begun, or no fault of which anybody suffered. */
    NO_FAULT,
    /** A fault was begun, and nothing of it was to be seen. */
    NO_EFFECT,
    /** A fault that found no stream running, so that it cannot tell how long one stands still. */
    NO_STREAM_AT_FAULT,
    /** A part of the rack that was cut off, and was not the larger one, still let tokens out. */
    MINORITY_EMITTED,
    /** A gateway was killed that had streams, and none of them went on elsewhere. */
    NONE_RESUMED,
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
