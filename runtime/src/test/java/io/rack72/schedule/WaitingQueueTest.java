package io.rack72.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.kv.KvCache;
import io.rack72.kv.TinyLayouts;
import io.rack72.sampling.ParamsBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class WaitingQueueTest {
  private final KvCache cache = new KvCache(TinyLayouts.layout("sf", 4, 1000, 4), 10, 10);
  private final WaitingQueue queue = new WaitingQueue();
  private long arrivals;

  @Test
  void aTenantsSequencesWaitByRankAndOfOneRankByArrival() {
    Sequence third = arrive("a", 1, 1);
    Sequence first = arrive("a", 1, 0);
    arrive("a", 1, 0);
    Sequence second = arrive("a", 1, -1);
    // Ranks with an aging of 2: 2, 1, 2, 1.
    assertEquals(List.of(first, second, third), pass(3));
  }

  @Test
  void theTenantThatHadTheFewestTokensForItsWeightIsNext() {
    Sequence a1 = arrive("a", 1, 0);
    Sequence a2 = arrive("a", 1, 0);
    Sequence b1 = arrive("b", 3, 0);
    Sequence b2 = arrive("b", 3, 0);
    queue.charge(a1, 10);
    queue.charge(b1, 29);
    assertEquals(List.of(b1, b2, a1, a2), pass(4));
    queue.charge(b1, 2);
    queue.add(b1);
    queue.add(a1);
    assertEquals(List.of(a1, b1), pass(2));
  }

  @Test
  void whatIsChargedDuringAPassCountsAtOnce() {
    Sequence a1 = arrive("a", 1, 0);
    Sequence a2 = arrive("a", 1, 0);
    Sequence b1 = arrive("b", 1, 0);
    WaitingQueue.Cursor cursor = queue.cursor();
    assertEquals(a1, cursor.sequence().orElseThrow());
    cursor.take();
    queue.charge(a1, 1);
    assertEquals(b1, cursor.sequence().orElseThrow());
    cursor.skip();
    assertEquals(a2, cursor.sequence().orElseThrow());
    cursor.take();
    assertTrue(cursor.sequence().isEmpty());
    assertEquals(1, queue.size());
    assertEquals(b1.length(), queue.tokens());
    assertEquals(List.of(b1), pass(1));
  }

  @Test
  void timeWithoutRequestsEarnsNothing() {
    Sequence a1 = arrive("a", 1, 0);
    pass(1);
    queue.charge(a1, 1000);
    // Now a has had 1000, and b comes for the first time: they begin level.
    Sequence a2 = arrive("a", 1, 0);
    Sequence b1 = arrive("b", 1, 0);
    Sequence b2 = arrive("b", 1, 0);
    queue.charge(b1, 1);
    assertEquals(List.of(a2, b1, b2), pass(3));
  }

  /** A tenant whose only sequence is paused has no request either. */
  @Test
  void timeInWhichAllRequestsArePausedEarnsNothing() {
    Sequence paused = arrive("b", 1, 0);
    queue.remove(paused);
    queue.leave(paused);
    Sequence a1 = arrive("a", 1, 0);
    pass(1);
    queue.charge(a1, 1000);
    queue.add(a1);
    pass(1);
    Sequence a2 = arrive("a", 1, 0);
    Sequence b1 = arrive("b", 1, 0);
    Sequence b2 = arrive("b", 1, 0);
    queue.charge(b1, 1);
    assertEquals(List.of(a2, b1, b2), pass(3));
  }

  @Test
  void leavingAndComingBackForgivesNothing() {
    Sequence a1 = arrive("a", 1, 0);
    Sequence b1 = arrive("b", 1, 0);
    Sequence b2 = arrive("b", 1, 0);
    assertEquals(List.of(a1), pass(1));
    queue.remove(b1);
    queue.charge(a1, 1000);
    queue.leave(a1);
    Sequence a2 = arrive("a", 1, 0);
    assertEquals(List.of(b2, a2), pass(2));
  }

  @Test
  void onlyWhatWaitsCanBeRemoved() {
    Sequence sequence = arrive("a", 1, 0);
    queue.remove(sequence);
    assertThrows(IllegalStateException.class, () -> queue.remove(sequence));
    assertEquals(0, queue.size());
    assertEquals(0, queue.tokens());
  }

  /** Against a queue that is a list, searched anew for each sequence. */
  @Test
  void aQueueDoesWhatASimpleOneDoes() {
    SplittableRandom random = new SplittableRandom(11);
    List<String> names = List.of("a", "b", "c");
    Map<String, Long> had = new TreeMap<>();
    List<Sequence> waiting = new ArrayList<>();
    List<Sequence> taken = new ArrayList<>();
    for (int round = 0; round < 20_000; round++) {
      if (waiting.size() + taken.size() < 12) {
        int tenant = random.nextInt(3);
        waiting.add(arrive(names.get(tenant), 1 << tenant, random.nextInt(-2, 3)));
        had.putIfAbsent(names.get(tenant), 0L);
      }
      // One of each tenant always waits, so that no tenant ever comes back.
      if (names.stream().anyMatch(name -> waiting.stream().noneMatch(s -> isOf(s, name)))) {
        continue;
      }
      WaitingQueue.Cursor cursor = queue.cursor();
      List<Sequence> unseen = new ArrayList<>(waiting);
      while (!unseen.isEmpty()) {
        Sequence expected = unseen.getFirst();
        for (Sequence other : unseen) {
          if (compare(other, expected, had) < 0) {
            expected = other;
          }
        }
        assertEquals(expected, cursor.sequence().orElseThrow());
        unseen.remove(expected);
        String tenant = expected.standing().tenant();
        boolean last = waiting.stream().filter(s -> isOf(s, tenant)).count() == 1;
        if (last || random.nextInt(3) == 0) {
          cursor.skip();
        } else {
          cursor.take();
          waiting.remove(expected);
          taken.add(expected);
          int tokens = random.nextInt(1, 50);
          queue.charge(expected, tokens);
          had.merge(tenant, 4L * tokens / expected.standing().weight(), Long::sum);
        }
      }
      assertTrue(cursor.sequence().isEmpty());
      while (!taken.isEmpty() && random.nextInt(3) > 0) {
        Sequence sequence = taken.remove(random.nextInt(taken.size()));
        if (random.nextBoolean()) {
          queue.add(sequence);
          waiting.add(sequence);
        } else {
          queue.leave(sequence);
        }
      }
      assertEquals(waiting.size(), queue.size());
      assertEquals(waiting.stream().mapToLong(Sequence::length).sum(), queue.tokens());
    }
  }

  private static boolean isOf(Sequence sequence, String tenant) {
    return sequence.standing().tenant().equals(tenant);
  }

  private static int compare(Sequence a, Sequence b, Map<String, Long> had) {
    String tenantOfA = a.standing().tenant();
    String tenantOfB = b.standing().tenant();
    if (!tenantOfA.equals(tenantOfB)) {
      int byTokens = Long.compare(had.get(tenantOfA), had.get(tenantOfB));
      return byTokens != 0 ? byTokens : tenantOfA.compareTo(tenantOfB);
    }
    return WaitingQueue.ORDER.compare(a, b);
  }

  /** Takes so many, in their order. */
  private List<Sequence> pass(int count) {
    List<Sequence> taken = new ArrayList<>();
    WaitingQueue.Cursor cursor = queue.cursor();
    for (int i = 0; i < count; i++) {
      taken.add(cursor.sequence().orElseThrow());
      cursor.take();
    }
    return taken;
  }

  private Sequence arrive(String tenant, int weight, int priority) {
    Sequence sequence =
        new Sequence(
            new SequenceId("r" + arrivals, 0),
            new int[1 + (int) (arrivals % 5)],
            new int[0],
            ParamsBuilder.params().build(),
            new Standing(tenant, weight, priority, ""),
            arrivals++,
            2,
            100,
            cache);
    queue.arrive(sequence);
    return sequence;
  }
}
