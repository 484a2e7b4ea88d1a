package io.rack72.resume;

import io.rack72.resume.StreamMessage.Fate;
import io.rack72.schedule.FinishReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
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
 * nobody answers any more, for the window. Where there is no room for another copy, some go that
 * nobody answers: first of those that were sent to their end, which hardly anybody asks for; then
 * of those that broke off, but only of a tenant whose copies take more than those of the other's
 * tenant would with it, so that no tenant's take all. Of either the tenant's go whose copies take
 * the most, the oldest first. If that is not enough the other is not kept, so that what is promised
 * to readers that may need it is kept. Not thread-safe.
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
      return new ChoiceState(tokens.first(tokens.size()), finish, cachedTokens, gpu);
    }
  }

  /** Whose copies are looked at together where there is no room. */
  private static final class Share {
    private long bytes;
    // Those that nobody answers any more, in the order in which that came about.
    private final Set<StreamKey> complete = new LinkedHashSet<>();
    private final Set<StreamKey> broken = new LinkedHashSet<>();
  }

  private final class Entry {
    private final O owner;
    private final StreamHead head;
    private final long receivedNanos;
    private final List<Kept> choices = new ArrayList<>();
    private final Share share;
    private long bytes;
    private boolean released;
    private long endsNanos;

    Entry(O owner, StreamCopy copy, long nowNanos) {
      this.owner = owner;
      head = copy.head();
      share = shares.computeIfAbsent(head.tenant(), tenant -> new Share());
      receivedNanos = nowNanos - copy.age().toNanos();
      // A reader that comes after that is told that the time is over.
      endsNanos = receivedNanos + head.timeout().toNanos() + limits.window().toNanos();
      for (ChoiceState choice : copy.choices()) {
        choices.add(new Kept(choice));
      }
    }

    void add(long more) {
      bytes += more;
      share.bytes += more;
      CopyStore.this.bytes += more;
    }

    void release(Set<StreamKey> like, long nowNanos) {
      released = true;
      like.add(head.key());
      keepForWindow(nowNanos);
    }

    void keepForWindow(long nowNanos) {
      endsNanos =
          Math.min(
              nowNanos + limits.window().toNanos(),
              receivedNanos + head.timeout().toNanos() + limits.window().toNanos());
    }
  }

  private final ResumeLimits limits;
  private final Map<StreamKey, Entry> entries = new LinkedHashMap<>();
  // By tenant, of whom there are as many as keys.
  private final Map<String, Share> shares = new HashMap<>();
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
    long entryBytes = OVERHEAD_BYTES + copy.bytes();
    if (!makeRoom(entry.share, 1, entryBytes)) {
      return false;
    }
    entries.put(key, entry);
    entry.add(entryBytes);
    return true;
  }

  private boolean makeRoom(Share share, int more, long moreBytes) {
    if (moreBytes > limits.bytes()) {
      return false;
    }
    while (entries.size() + more > limits.streams() || bytes + moreBytes > limits.bytes()) {
      Optional<StreamKey> least = leastNeeded(share, moreBytes);
      if (least.isEmpty()) {
        return false;
      }
      remove(least.get());
    }
    return true;
  }

  /** Of what can go in favour of a tenant's copy, what goes first. */
  private Optional<StreamKey> leastNeeded(Share share, long moreBytes) {
    Comparator<Share> bySize = Comparator.comparingLong(other -> other.bytes);
    return shares.values().stream()
        .filter(other -> !other.complete.isEmpty())
        .max(bySize)
        .map(largest -> largest.complete)
        .or(
            () ->
                shares.values().stream()
                    .filter(other -> !other.broken.isEmpty())
                    .filter(other -> other != share && other.bytes > share.bytes + moreBytes)
                    .max(bySize)
                    .map(largest -> largest.broken))
        .map(keys -> keys.iterator().next());
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
            && makeRoom(entry.share, 0, moreBytes);
    if (fits) {
      for (int i = had; i < end; i++) {
        choice.tokens.add(gained.tokens()[i - growth.from()]);
      }
      entry.add(moreBytes);
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
    entry.release(fate == Fate.COMPLETE ? entry.share.complete : entry.share.broken, nowNanos);
  }

  private Entry ownedBy(O owner, StreamKey key) {
    Entry entry = entries.get(key);
    return entry != null && entry.owner.equals(owner) && !entry.released ? entry : null;
  }

  /** The owner answers nothing any more. */
  void ownerGone(O owner, long nowNanos) {
    for (Entry entry : entries.values()) {
      if (entry.owner.equals(owner) && !entry.released) {
        entry.release(entry.share.broken, nowNanos);
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
      entry.add(-entry.bytes);
      entry.share.complete.remove(key);
      entry.share.broken.remove(key);
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
