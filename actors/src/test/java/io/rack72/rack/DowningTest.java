package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DowningTest {
  private static final long MILLI = 1_000_000;
  private static final Duration STABLE = Duration.ofSeconds(2);
  private static final Set<NodeId> NOBODY = Set.of();

  private long now;

  private static NodeId node(int number) {
    return new NodeId("10.0.0.%02d:7272".formatted(number), number);
  }

  private static Set<NodeId> nodes(int... numbers) {
    return new TreeSet<>(IntStream.of(numbers).mapToObj(DowningTest::node).toList());
  }

  /** All hear each other but for those that are silent for all. */
  private static Downing.Picture picture(Set<NodeId> members, Set<NodeId> silent) {
    SortedMap<NodeId, Set<NodeId>> silentFor = new TreeMap<>();
    members.stream().filter(m -> !silent.contains(m)).forEach(m -> silentFor.put(m, silent));
    return new Downing.Picture(new TreeSet<>(members), NOBODY, silent, new Heard(silentFor));
  }

  private Set<NodeId> pass(Downing downing, long millis, Downing.Picture picture) {
    Set<NodeId> out = new TreeSet<>();
    for (long end = now + millis * MILLI; now < end; ) {
      now += 250 * MILLI;
      out.addAll(downing.look(picture, now));
    }
    return out;
  }

  @Test
  void firstOfThoseThatGoOnActsAndTheOthersOnlyIfItDoesNot() {
    Downing first = new Downing(node(1), STABLE);
    Downing second = new Downing(node(2), STABLE);
    Downing.Picture picture = picture(nodes(1, 2, 3, 4), nodes(4));
    assertEquals(NOBODY, pass(first, 2000, picture));
    assertEquals(nodes(4), pass(first, 500, picture));
    assertEquals(NOBODY, pass(second, 4000, picture));
    assertEquals(nodes(4), pass(second, 500, picture));
  }

  @Test
  void decisionThatChangesBeginsAnewAndOneThatNeverStandsIsActedUponAtLast() {
    Downing downing = new Downing(node(1), STABLE);
    Downing.Picture one = picture(nodes(1, 2, 3, 4, 5), nodes(4));
    Downing.Picture other = picture(nodes(1, 2, 3, 4, 5), nodes(5));
    for (int i = 0; i < 9; i++) {
      assertEquals(NOBODY, pass(downing, 1500, one));
      assertEquals(NOBODY, pass(downing, 1500, other));
    }
    assertFalse(pass(downing, 4000, picture(nodes(1, 2, 3, 4, 5), nodes(4, 5))).isEmpty());
  }

  @Test
  void accusationThatLeadsToNothingForLongDoesNotMakeTheNextDecisionHasty() {
    Downing downing = new Downing(node(1), STABLE);
    Set<NodeId> all = nodes(1, 2, 3, 4);
    Downing.Picture well = picture(all, NOBODY);
    Downing.Picture heard = new Downing.Picture(well.members(), NOBODY, nodes(4), well.heard());
    assertEquals(NOBODY, pass(downing, 60_000, heard), "it is accused, and all hear it");
    assertEquals(NOBODY, pass(downing, 1500, picture(all, nodes(4))));
    assertEquals(NOBODY, pass(downing, 1500, heard));
  }

  @Test
  void whoDoesNotCountDecidesNothing() {
    Downing downing = new Downing(node(5), STABLE);
    Downing.Picture picture = picture(nodes(1, 2, 3), nodes(3));
    assertEquals(NOBODY, pass(downing, 60_000, picture));
    assertEquals(
        NOBODY,
        pass(
            downing,
            60_000,
            new Downing.Picture(new TreeSet<>(), nodes(5), nodes(5), picture.heard())));
  }

  @Test
  void whoComesBackInTimeStaysAndASmallerPartGoes() {
    Downing downing = new Downing(node(1), STABLE);
    Set<NodeId> all = nodes(1, 2, 3);
    assertEquals(NOBODY, pass(downing, 1900, picture(all, nodes(3))));
    assertEquals(NOBODY, pass(downing, 250, picture(all, NOBODY)));
    assertEquals(NOBODY, pass(downing, 1900, picture(all, nodes(3))));
    assertEquals(nodes(1), pass(downing, 2500, picture(all, nodes(2, 3))));
  }

  @Test
  void nodeThatWasStoppedItselfDecidesAnew() {
    Downing downing = new Downing(node(1), STABLE);
    Set<NodeId> all = nodes(1, 2, 3);
    pass(downing, 1500, picture(all, nodes(2, 3)));
    now += 5_000 * MILLI;
    assertEquals(NOBODY, downing.look(picture(all, nodes(2, 3)), now));
    assertEquals(NOBODY, pass(downing, 1500, picture(all, nodes(2, 3))));
  }

  @Test
  void whoIsOnlyComingDoesNotCountAndIsThrownOutWhenSilent() {
    Downing downing = new Downing(node(1), STABLE);
    Downing.Picture well = picture(nodes(1, 2), NOBODY);
    Downing.Picture picture =
        new Downing.Picture(well.members(), nodes(3, 4), nodes(3), well.heard());
    assertEquals(nodes(3), pass(downing, 2500, picture));
  }

  /**
   * Racks in which nodes die, stand still and networks break at random, some of them before the
   * first view. Whoever is silent for five seconds is accused, by some who watch it; word of that
   * reaches those that hear the accuser. One that stood still accuses all when it wakes, and may
   * die before it has taken that back.
   */
  @Test
  void inNoWorldTwoPartsGoOnAndTheLivingSurviveTheDeathOfFew() {
    int deaths = 0;
    int parted = 0;
    int rash = 0;
    int viewless = 0;
    for (long seed = 0; seed < 300; seed++) {
      World world = new World(new SplittableRandom(seed));
      world.run();
      deaths += world.dead.size();
      parted += world.broken ? 1 : 0;
      rash += world.diesRashly ? 1 : 0;
      viewless += world.viewIsLate ? 1 : 0;
      List<Set<NodeId>> parts = world.parts();
      assertTrue(parts.size() <= 1, "seed " + seed + ": these go on apart: " + parts);
      if (!world.broken) {
        assertEquals(List.of(world.living()), parts, "seed " + seed);
        assertTrue(world.living().containsAll(world.faultless()), "seed " + seed);
      }
    }
    assertTrue(deaths > 200 && parted > 50, deaths + " deaths, " + parted + " broken networks");
    assertTrue(rash > 30 && viewless > 100, rash + " rash accusers, " + viewless + " late views");
  }

  private static final class World {
    private static final long TICK = 250 * MILLI;
    private static final int WATCHERS = 4;
    private static final PulseTiming PULSES =
        new PulseTiming(Duration.ofMillis(250), Duration.ofMillis(750));

    private final SplittableRandom random;
    private final int size;
    private final boolean broken;
    private final Set<NodeId> dead = new TreeSet<>();
    // By who hears it; the time at which the other was heard last.
    private final Map<NodeId, Map<NodeId, Long>> lastHeard = new TreeMap<>();
    private final Map<NodeId, Downing> downings = new TreeMap<>();
    private final Map<NodeId, Reach> reaches = new TreeMap<>();
    // Who is out, as each node has it.
    private final Map<NodeId, Set<NodeId>> out = new TreeMap<>();
    private final Map<NodeId, Map<NodeId, Set<NodeId>>> accusations = new TreeMap<>();
    private final List<NodeId> all;
    // When each follows a view.
    private final Map<NodeId, Long> viewNanos = new TreeMap<>();
    private final boolean viewIsLate;
    // What each tells the others now.
    private final Map<NodeId, Pulse> told = new TreeMap<>();
    // One that stands still for a time, and may die as soon as it has accused the others.
    private final NodeId sleeper;
    private final long asleepNanos;
    private final long awakeNanos;
    private final boolean diesRashly;
    private long now;

    World(SplittableRandom random) {
      this.random = random;
      size = random.nextInt(3, 10);
      all = IntStream.rangeClosed(1, size).mapToObj(DowningTest::node).toList();
      broken = random.nextInt(4) == 0;
      long firstView = random.nextInt(3) * random.nextLong(60_000) * MILLI;
      viewIsLate = firstView > 0;
      all.forEach(node -> viewNanos.put(node, firstView + random.nextLong(3_000) * MILLI));
      sleeper = all.get(random.nextInt(size));
      boolean sleeps = size > 4 && !broken && random.nextInt(2) == 0;
      asleepNanos = sleeps ? random.nextLong(15_000) * MILLI : Long.MAX_VALUE;
      awakeNanos = sleeps ? asleepNanos + random.nextLong(5_500, 7_500) * MILLI : Long.MAX_VALUE;
      diesRashly = sleeps && random.nextBoolean();
      for (NodeId node : all) {
        lastHeard.put(node, new TreeMap<>());
        all.forEach(other -> lastHeard.get(node).put(other, 0L));
        downings.put(node, new Downing(node, STABLE));
        reaches.put(node, new Reach(node, Optional.of(PULSES)));
        out.put(node, new TreeSet<>());
        accusations.put(node, new TreeMap<>());
      }
    }

    Set<NodeId> living() {
      Set<NodeId> living = new TreeSet<>(all);
      living.removeAll(dead);
      living.removeIf(node -> out.get(node).contains(node));
      return living;
    }

    /** Nodes that nothing ever happened to. */
    Set<NodeId> faultless() {
      Set<NodeId> faultless = new TreeSet<>(all);
      faultless.removeAll(dead);
      if (asleepNanos < Long.MAX_VALUE) {
        faultless.remove(sleeper);
      }
      return faultless;
    }

    /** Nodes that go on, by whom they take for members. */
    List<Set<NodeId>> parts() {
      return living().stream().map(this::members).distinct().toList();
    }

    private Set<NodeId> members(NodeId node) {
      Set<NodeId> members = new TreeSet<>(all);
      members.removeAll(out.get(node));
      return members;
    }

    void run() {
      boolean sleeps = asleepNanos < Long.MAX_VALUE;
      int deathsLeft = random.nextInt((size - 1) / 2 + (sleeps ? 0 : 1));
      int cut = broken ? random.nextInt(1, size) : size;
      boolean oneWay = random.nextInt(3) == 0;
      long breaks = random.nextLong(10_000) * MILLI;
      for (; now < 60_000 * MILLI; now += TICK) {
        List<NodeId> living = List.copyOf(living());
        if (deathsLeft > 0
            && now < 20_000 * MILLI
            && random.nextInt(10) == 0
            && !living.isEmpty()) {
          dead.add(living.get(random.nextInt(living.size())));
          deathsLeft--;
        }
        if (diesRashly && now >= awakeNanos + 2 * TICK) {
          dead.add(sleeper);
        }
        boolean isBroken = broken && now >= breaks;
        List<NodeId> order = new ArrayList<>(living());
        if (now >= asleepNanos && now < awakeNanos) {
          order.remove(sleeper);
        }
        boolean wakes = now >= awakeNanos && now - TICK < awakeNanos;
        order.forEach(this::follow);
        told.clear();
        order.forEach(
            node -> reaches.get(node).beat(now).ifPresent(pulse -> told.put(node, pulse)));
        for (NodeId listener : order) {
          for (NodeId speaker : order) {
            boolean passes =
                !isBroken
                    || (all.indexOf(listener) < cut) == (all.indexOf(speaker) < cut)
                    || (oneWay && all.indexOf(speaker) < cut);
            // What was sent to one that stood still it hears only when it has looked.
            boolean comesLate = wakes && listener.equals(sleeper);
            if (passes && !comesLate && !out.get(listener).contains(speaker)) {
              hear(listener, speaker);
            }
          }
        }
        order.forEach(this::look);
      }
    }

    private void follow(NodeId node) {
      Set<NodeId> others = members(node);
      others.remove(node);
      reaches.get(node).meet(others, now);
      if (now >= viewNanos.get(node)) {
        reaches.get(node).follow(others, now);
      }
    }

    private void hear(NodeId listener, NodeId speaker) {
      lastHeard.get(listener).put(speaker, now);
      if (told.containsKey(speaker) && reaches.get(speaker).others().contains(listener)) {
        reaches.get(listener).heard(told.get(speaker), now);
      }
      // Gossip comes with some of it only.
      if (random.nextInt(2) == 0) {
        out.get(listener).addAll(out.get(speaker));
        accusations.get(listener).putAll(accusations.get(speaker));
      }
    }

    private Set<NodeId> silent(NodeId node, long millis) {
      Set<NodeId> silent = new TreeSet<>();
      lastHeard
          .get(node)
          .forEach(
              (other, at) -> {
                if (now - at > millis * MILLI && !out.get(node).contains(other)) {
                  silent.add(other);
                }
              });
      return silent;
    }

    private void look(NodeId node) {
      Set<NodeId> accusedByIt = new TreeSet<>();
      List<NodeId> ring = List.copyOf(members(node));
      int place = ring.indexOf(node);
      Set<NodeId> silent = silent(node, 5_000);
      for (int i = 1, watched = 0; i < ring.size() && watched < WATCHERS; i++) {
        NodeId other = ring.get((place + i) % ring.size());
        if (silent.contains(other)) {
          accusedByIt.add(other);
        } else {
          watched++;
        }
      }
      accusations.get(node).put(node, accusedByIt);
      Set<NodeId> accused = new TreeSet<>();
      accusations.get(node).keySet().removeAll(out.get(node));
      accusations.get(node).values().forEach(accused::addAll);
      accused.remove(node);
      accused.removeAll(out.get(node));
      reaches.get(node).look(now);
      out.get(node)
          .addAll(
              downings
                  .get(node)
                  .look(
                      new Downing.Picture(
                          new TreeSet<>(ring), NOBODY, accused, reaches.get(node).heard(now)),
                      now));
    }
  }
}
