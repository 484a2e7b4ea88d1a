package io.rack72.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;

/**
 * All that was seen in a run from when its load began, in the order in which it was told, and as
 * lines of JSON in a file. Thread-safe.
 */
final class History implements AutoCloseable {
  private volatile long startNanos = System.nanoTime();
  private final List<Event> events = new ArrayList<>();
  private final Writer file;
  private boolean begun;

  /** Keeps nothing yet, and nothing any more when it is closed. */
  History(Writer file) {
    this.file = file;
  }

  /** Begins now, which is the origin of its times. */
  synchronized History begin() {
    startNanos = System.nanoTime();
    begun = true;
    return this;
  }

  /** Since the beginning. */
  long nowNanos() {
    return System.nanoTime() - startNanos;
  }

  void add(Event event) {
    String line = event.toJson() + "\n";
    synchronized (this) {
      if (!begun) {
        return;
      }
      events.add(event);
      try {
        file.write(line);
      } catch (IOException e) {
        throw new UncheckedIOException("the history cannot be written", e);
      }
    }
  }

  /** Something that happens now, and is no token. */
  void add(String stream, Event.Kind kind, String text) {
    add(Event.of(nowNanos(), stream, kind, text));
  }

  synchronized List<Event> events() {
    return List.copyOf(events);
  }

  @Override
  public synchronized void close() {
    begun = false;
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException("the history cannot be written", e);
    }
  }
}
