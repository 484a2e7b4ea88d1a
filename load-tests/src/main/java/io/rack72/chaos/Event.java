package io.rack72.chaos;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * Something that was seen in a run.
 *
 * @param atNanos since the load began
 * @param stream whose it is; empty for what concerns the rack
 * @param choice of the reply, 0 where there is one
 * @param index of the token in its choice as it was received, from 0; -1 of what is no token
 * @param token its id; -1 of what is no token
 * @param text what there is to say besides
 */
record Event(
    long atNanos, String stream, Kind kind, int choice, int index, int token, String text) {
  private static final double NANOS_PER_MILLI = 1e6;

  /** What it is. */
  enum Kind {
    /** The request has been sent, for the first time. */
    SENT,
    /** The request has been sent again, since nothing of the reply had come. */
    RETRIED,
    /** The rest of the reply has been asked for. */
    RESUMED,
    /** The request goes to the gateway that the text names. */
    ASKED,
    TOKEN,
    /** Of the choice's next token that has one, as the server wrote it. */
    LOGPROB,
    /** The choice has more text: of a completion, or of a message's content. */
    CONTENT,
    /** The choice has more reasoning. */
    REASONING,
    /** The choice has more of function calls, one behind the other as one text. */
    CALLS,
    /** A choice has ended; the text says why. */
    FINISHED,
    /** The reply says how many tokens it has. */
    USAGE,
    /** The connection has broken before the reply was over. */
    BROKEN,
    /** The reply is over, as it should be. */
    DONE,
    /** The reply is over since something is wrong; the text says what. */
    FAILED,
    /** The reply was not over in time and the client has given up. */
    STUCK,
    /** Something came after the end. */
    AFTER_END,
    /** A fault begins. */
    FAULT,
    /** A fault is over. */
    FAULT_OVER,
    /** A fault could not be brought about, or not all that it is for suffer it. */
    FAULT_REFUSED,
    /** As before, of a schedule in which faults meet, so that one may find nobody there. */
    FAULT_MISSED,
    /** The gateway that the text names is killed. */
    GATEWAY_KILLED,
    /** A node of the rack has come or gone. */
    NODE,
    /** What a gateway tells of the rack has changed; the text has {@link Signs}. */
    SIGNS
  }

  /** That is no token. */
  static Event of(long atNanos, String stream, Kind kind, String text) {
    return new Event(atNanos, stream, kind, 0, -1, -1, text);
  }

  /** What a reader sees of a choice, in no matter how many pieces. */
  static final Set<Kind> TEXTS =
      Collections.unmodifiableSet(EnumSet.of(Kind.CONTENT, Kind.REASONING, Kind.CALLS));

  /** Whether its request is over with it. */
  boolean isEnd() {
    return switch (kind) {
      case DONE, FAILED, STUCK -> true;
      default -> false;
    };
  }

  ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("ms", Math.round(atNanos / NANOS_PER_MILLI * 1000) / 1000.0);
    if (!stream.isEmpty()) {
      json.put("stream", stream);
    }
    json.put("event", kind.name().toLowerCase(Locale.ROOT));
    if (kind == Kind.TOKEN) {
      json.put("choice", choice).put("index", index).put("token", token);
    } else if (kind == Kind.FINISHED || kind == Kind.LOGPROB || TEXTS.contains(kind)) {
      json.put("choice", choice).put("text", text);
    } else if (!text.isEmpty()) {
      json.put("text", text);
    }
    return json;
  }
}
