package io.rack72.resume;

import io.rack72.resume.StreamMessage.Fate;
import io.rack72.schedule.FinishReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Copies of streams, within limits. It knows neither actors nor clocks: every instant is given.
 *
 * <p>What its owner answers is kept as long as that does, and its request has time left; what
 * nobody answers any more, for the window. Where there is no room for another copy, streams that
 * were sent to their end go, the oldest first; if that is not enough the other is not kept, so that
 * what is promised to readers that may need it is kept. Not thread-safe.
 *
 * @param <O> whoever answers streams
 */
final class CopyStore<O> {
  /** What a copy takes besides its body and tokens, about. */
  static final int OVERHEAD_BYTES = 512;

  private static final class Kept {
    private final TokenIds tokens = new TokenIds();
    private Optional<FinishReason> finish;
    private int cachedTokens;
    private int gpu;

    Kept(ChoiceState choice) {
      for (int id : choice.tokens()) {
        tokens.add(id);
      }
      finish = choice.finish();
      cachedTokens = choice.cachedTokens();
      gpu = choice.gpu();
    }

    ChoiceState state() {
      return new ChoiceState(tokens.toArray(), finish, cachedTokens, gpu);
    }
  }

  private final class Entry {
    private final O owner;
    private final StreamHead head;
    private final long receivedNanos;
    private final List<Kept> choices = new ArrayList<>();
    private long bytes;
    private boolean released;
    private long endsNanos;

    Entry(O owner, StreamCopy copy, long nowNanos) {
      this.owner = owner;
      head = copy.head();
      receivedNanos = nowNanos - copy.age().toNanos();
      bytes = OVERHEAD_BYTES + copy.bytes();
      // A reader that comes after that is told that the time is over.
      endsNanos = receivedNanos + head.timeout().toNanos() + limits.window().toNanos();
      for (ChoiceState choice : copy.choices()) {
        choices.add(new Kept(choice));
      }
    }

    void keepForWindow(long nowNanos) {
      released = true;
      endsNanos =
          Math.min(
              nowNanos + limits.window().toNanos(),
              receivedNanos + head.timeout().toNanos() + limits.window().toNanos());
    }
  }

  private final ResumeLimits limits;
  private final Map<StreamKey, Entry> entries = new LinkedHashMap<>();
  // In the order in which they were completed.
  private final Set<StreamKey> complete = new LinkedHashSet<>();
  private long bytes;

  CopyStore(ResumeLimits limits) {
    this.limits = limits;
  }

  /**
   * Keeps a copy in place of one that there is.
   *
   * @return whether there was room
   */
  boolean keep(O owner, StreamCopy copy, long nowNanos) {
    StreamKey key = copy.head().key();
    remove(key);
    Entry entry = new Entry(owner, copy, nowNanos);
    if (!makeRoom(1, entry.bytes)) {
      return false;
    }
    entries.put(key, entry);
    bytes += entry.bytes;
    return true;
  }

  private boolean makeRoom(int more, long moreBytes) {
    if (moreBytes > limits.bytes()) {
      return false;
    }
    Iterator<StreamKey> oldest = List.copyOf(complete).iterator();
    while (entries.size() + more > limits.streams() || bytes + moreBytes > limits.bytes()) {
      if (!oldest.hasNext()) {
        return false;
      }
      remove(oldest.next());
    }
    return true;
  }

  /**
   * A stream has grown. Tokens before which one is missing, or for which no room is, are not kept.
   */
  void grow(O owner, Growth growth) {
    Entry entry = ownedBy(owner, growth.stream());
    if (entry == null || growth.choice() >= entry.choices.size()) {
      return;
    }
    Kept choice = entry.choices.get(growth.choice());
    ChoiceState gained = growth.gained();
    int had = choice.tokens.size();
    int end = growth.from() + gained.tokens().length;
    long moreBytes = (long) Math.max(0, end - had) * Integer.BYTES;
    boolean fits =
        growth.from() <= had
            && entry.bytes - OVERHEAD_BYTES + moreBytes <= StreamCopy.MAX_BYTES
            && makeRoom(0, moreBytes);
    if (fits) {
      for (int i = had; i < end; i++) {
        choice.tokens.add(gained.tokens()[i - growth.from()]);
      }
      entry.bytes += moreBytes;
      bytes += moreBytes;
    }
    if (choice.tokens.size() == end && end > 0) {
      choice.finish = gained.finish();
    }
    choice.cachedTokens = gained.cachedTokens();
    choice.gpu = gained.gpu();
  }

  /** The owner does not answer a stream any more. */
  void release(O owner, StreamKey key, Fate fate, long nowNanos) {
    Entry entry = ownedBy(owner, key);
    if (entry == null) {
      return;
    }
    if (fate == Fate.DROPPED) {
      remove(key);
      return;
    }
    entry.keepForWindow(nowNanos);
    if (fate == Fate.COMPLETE) {
      complete.add(key);
    }
  }

  private Entry ownedBy(O owner, StreamKey key) {
    Entry entry = entries.get(key);
    return entry != null && entry.owner.equals(owner) && !entry.released ? entry : null;
  }

  /** The owner answers nothing any more. */
  void ownerGone(O owner, long nowNanos) {
    for (Entry entry : entries.values()) {
      if (entry.owner.equals(owner) && !entry.released) {
        entry.keepForWindow(nowNanos);
      }
    }
  }

  /**
   * What there is of a stream; nothing where it is another tenant's. Of one that nobody answers the
   * window begins anew: the reader may fail once more.
   */
  Optional<StreamCopy> find(StreamKey key, String tenant, long nowNanos) {
    Entry entry = entries.get(key);
    if (entry == null || !entry.head.tenant().equals(tenant) || entry.endsNanos - nowNanos <= 0) {
      return Optional.empty();
    }
    if (entry.released) {
      entry.keepForWindow(nowNanos);
    }
    return Optional.of(
        new StreamCopy(
            entry.head,
            Duration.ofNanos(Math.max(0, nowNanos - entry.receivedNanos)),
            entry.choices.stream().map(Kept::state).toList()));
  }

  /** Lets go of what is kept for too long. */
  void expire(long nowNanos) {
    entries.values().stream()
        .filter(entry -> entry.endsNanos - nowNanos <= 0)
        .map(entry -> entry.head.key())
        .toList()
        .forEach(this::remove);
  }

  private void remove(StreamKey key) {
    Entry entry = entries.remove(key);
    if (entry != null) {
      bytes -= entry.bytes;
      complete.remove(key);
    }
  }

  /** How many there are. */
  int size() {
    return entries.size();
  }

  /** Bytes that they take. */
  long bytes() {
    return bytes;
  }
}
