package io.rack72.chaos;

import java.util.ArrayList;
import java.util.List;

/** A history that a test makes up, a millisecond for each event. */
final class Told {
  private final List<Event> events = new ArrayList<>();
  private long nanos;

  /** Time goes by. */
  Told pause(long millis) {
    nanos += millis * 1_000_000;
    return this;
  }

  Told sent(String stream) {
    return add(Event.of(nanos, stream, Event.Kind.SENT, ""));
  }

  /** Tokens of a choice, each in an event of its own, and with its number as its logprob. */
  Told tokens(String stream, int choice, int... tokens) {
    for (int token : tokens) {
      add(new Event(nanos, stream, Event.Kind.TOKEN, choice, 0, token, ""));
      events.add(new Event(nanos, stream, Event.Kind.LOGPROB, choice, -1, -1, "-0." + token));
    }
    return this;
  }

  Told logprob(String stream, int choice, String logprob) {
    return add(new Event(nanos, stream, Event.Kind.LOGPROB, choice, -1, -1, logprob));
  }

  /** A piece of what a reader sees. */
  Told text(String stream, int choice, Event.Kind kind, String text) {
    return add(new Event(nanos, stream, kind, choice, -1, -1, text));
  }

  Told finished(String stream, int choice, String reason) {
    return add(new Event(nanos, stream, Event.Kind.FINISHED, choice, -1, -1, reason));
  }

  Told usage(String stream, int tokens) {
    return add(Event.of(nanos, stream, Event.Kind.USAGE, "" + tokens));
  }

  Told told(String stream, Event.Kind kind, String text) {
    return add(Event.of(nanos, stream, kind, text));
  }

  /** A whole stream of one choice. */
  static Told whole(String stream, int... tokens) {
    return new Told()
        .sent(stream)
        .tokens(stream, 0, tokens)
        .finished(stream, 0, "length")
        .usage(stream, tokens.length)
        .told(stream, Event.Kind.DONE, "");
  }

  /** Any event. */
  Told event(Event event) {
    return add(event);
  }

  private Told add(Event event) {
    events.add(event);
    nanos += 1_000_000;
    return this;
  }

  List<Event> events() {
    return List.copyOf(events);
  }
}
