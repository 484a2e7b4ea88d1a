package io.rack72.rack;

import java.time.Duration;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * When a node throws others out of the rack, or itself: once a decision about who goes on (see
 * {@link Survivors}) has stood for long enough that gossip has gone round and all have made the
 * same. The first of those that go on acts; the others only where it has not. A pure class; not
 * thread-safe.
 */
public final class Downing {
  /**
   * What a node sees of the rack at one time.
   *
   * @param members that count, this node among them
   * @param coming members that do not count yet
   * @param accused members of which some node says that they are silent
   * @param heard who hears whom
   */
  public record Picture(
      NavigableSet<NodeId> members, Set<NodeId> coming, Set<NodeId> accused, Heard heard) {}

  private record Decision(NavigableSet<NodeId> goOn, NavigableSet<NodeId> go) {}

  /** A decision is acted upon after so many times its time, though it has never stood still. */
  private static final int LONGEST = 15;

  private final NodeId self;
  private final long stableNanos;
  private Decision decision;
  private long decidedNanos;
  private long troubledNanos;
  private long lastLookNanos = Long.MIN_VALUE;

  /**
   * @param stable for so long the decision must be the same
   */
  public Downing(NodeId self, Duration stable) {
    this.self = self;
    stableNanos = stable.toNanos();
  }

  /**
   * Looks at the rack; to be called several times within the time that a decision must stand.
   *
   * @return nodes that are to be thrown out now, which can be this one
   */
  public Set<NodeId> look(Picture picture, long nowNanos) {
    // Who was stopped meanwhile knows nothing of what it missed.
    boolean wasStopped = lastLookNanos != Long.MIN_VALUE && nowNanos - lastLookNanos > stableNanos;
    lastLookNanos = nowNanos;
    // Who does not count itself has no say: it is coming or going.
    if (picture.accused().isEmpty() || !picture.members().contains(self)) {
      decision = null;
      return Set.of();
    }
    Decision now = decide(picture);
    if (now.go().isEmpty()) {
      decision = null;
      return Set.of();
    }
    if (decision == null || wasStopped) {
      troubledNanos = nowNanos;
    }
    if (!now.equals(decision) || wasStopped) {
      decision = now;
      decidedNanos = nowNanos;
    }
    long stood = nowNanos - decidedNanos;
    // Even then it is not what was seen for a moment only.
    boolean neverStands =
        nowNanos - troubledNanos >= LONGEST * stableNanos && stood >= stableNanos / 2;
    boolean late = stood >= 2 * stableNanos || neverStands;
    if (stood < stableNanos && !late) {
      return Set.of();
    }
    if (now.goOn().isEmpty()) {
      return Set.of(self);
    }
    if (!now.goOn().contains(self)) {
      // The others throw it out; if they cannot reach it, it goes by itself.
      return late ? Set.of(self) : Set.of();
    }
    return late || now.goOn().getFirst().equals(self) ? now.go() : Set.of();
  }

  private Decision decide(Picture picture) {
    NavigableSet<NodeId> goOn =
        Survivors.of(self, picture.members(), picture.accused(), picture.heard());
    NavigableSet<NodeId> go = new TreeSet<>(picture.members());
    go.removeAll(goOn);
    // Nobody relies on one that is only coming.
    picture.coming().stream().filter(picture.accused()::contains).forEach(go::add);
    return new Decision(goOn, go);
  }
}
