package io.rack72.twin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * All messages of a run, one line each: nanoseconds, receiver, message with its content. Two runs
 * of one seed give the same bytes; the first line that differs is where they part. Not thread-safe.
 */
public final class EventHistory implements VirtualTime.MessageObserver {
  private static final String OURS = "io.rack72.";

  /** Actors of Pekko's own whose names have a number that counts on through the whole JVM. */
  private static final List<String> COUNTED_BY_JVM =
      List.of("/system/eventStreamUnsubscriber-", "/system/log");

  private final Appendable out;
  private final MessageDigest digest;
  private long events;

  /** Keeps nothing of the lines but their digest. */
  public EventHistory() {
    this(null);
  }

  /**
   * @param out takes the lines as well
   */
  public EventHistory(Appendable out) {
    this.out = out;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public void saw(long nowNanos, String receiver, Object message) {
    if (COUNTED_BY_JVM.stream().anyMatch(receiver::startsWith)) {
      return;
    }
    StringBuilder line = new StringBuilder(256);
    line.append(nowNanos).append(' ').append(receiver).append(' ');
    describe(message, line);
    line.append('\n');
    digest.update(line.toString().getBytes(StandardCharsets.UTF_8));
    events++;
    if (out != null) {
      try {
        out.append(line);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Lines so far. */
  public long events() {
    return events;
  }

  /** SHA-256 of all lines, in hexadecimal. The history is over with this. */
  public String digest() {
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Writes nothing that differs between runs: no identities, no order of hash tables. */
  private static void describe(Object value, StringBuilder to) {
    switch (value) {
      case null -> to.append("null");
      case Number number -> to.append(number);
      case Boolean flag -> to.append(flag);
      case String text -> to.append(text);
      case Enum<?> constant -> to.append(constant.name());
      case ActorRef<?> actor -> to.append(actor.path().toStringWithoutAddress());
      case Optional<?> maybe -> describe(maybe.orElse(null), to);
      case float[] floats -> to.append("floats:").append(Arrays.hashCode(floats));
      case int[] ints -> to.append("ints:").append(Arrays.hashCode(ints));
      case Map<?, ?> map -> {
        Map<String, Object> sorted = new TreeMap<>();
        map.forEach((key, each) -> sorted.put(text(key), each));
        sorted.forEach(
            (key, each) -> {
              to.append(key).append('=');
              describe(each, to);
              to.append(',');
            });
      }
      case Collection<?> many ->
          many.stream()
              .map(EventHistory::text)
              .sorted()
              .forEach(each -> to.append(each).append(','));
      case Record record when record.getClass().getName().startsWith(OURS) ->
          describeRecord(record, to);
      default -> to.append(value.getClass().getSimpleName());
    }
  }

  private static String text(Object value) {
    StringBuilder text = new StringBuilder();
    describe(value, text);
    return text.toString();
  }

  private static void describeRecord(Record record, StringBuilder to) {
    to.append(record.getClass().getSimpleName()).append('(');
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      try {
        component.getAccessor().setAccessible(true);
        describe(component.getAccessor().invoke(record), to);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("a record's components can be read", e);
      }
      to.append(' ');
    }
    to.append(')');
  }
}
