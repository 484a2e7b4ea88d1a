package io.rack72.schedule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The sequences that wait, in the order in which they are to run. Within a tenant that is their
 * rank; between tenants the next one is of the tenant that has had the fewest tokens for its
 * weight, so that one who sends much waits for itself only. A tenant that comes back after a pause
 * begins level with those that are being served: time without requests earns nothing.
 *
 * <p>The counters are those of <i>Fairness in Serving Large Language Models</i> (Sheng et al., OSDI
 * 2024), charged with the tokens really computed: what comes from the prefix cache, and what a
 * preempted sequence computes again, is free.
 *
 * <p>Not thread-safe.
 */
final class WaitingQueue {
  /** By rank; of one rank the earlier. */
  static final Comparator<Sequence> ORDER =
      Comparator.comparingLong(Sequence::rank).thenComparingLong(Sequence::arrival);

  /** What one token costs a tenant of weight 1, so that it costs one of the largest something. */
  private static final long TOKEN_COST = 1L << 24;

  private final Map<String, Tenant> tenants = new TreeMap<>();
  // What the one had who had the most, when nobody was left.
  private long level;
  private int size;
  private long tokens;

  private static final class Tenant {
    private final TreeSet<Sequence> waiting = new TreeSet<>(ORDER);
    private int weight;
    private int busy;
    private long had;
  }

  /** A sequence of the tenant has arrived, or has been resumed, and waits. */
  void arrive(Sequence sequence) {
    Standing standing = sequence.standing();
    Tenant tenant = tenants.computeIfAbsent(standing.tenant(), name -> new Tenant());
    tenant.weight = standing.weight();
    tenant.busy++;
    add(sequence);
  }

  /** A sequence that had arrived has ended or was paused, and waits no more. */
  void leave(Sequence sequence) {
    if (--tenant(sequence).busy > 0) {
      return;
    }
    if (tenants.values().stream().allMatch(tenant -> tenant.busy == 0)) {
      level = tenants.values().stream().mapToLong(tenant -> tenant.had).max().orElse(level);
      tenants.clear();
    } else {
      // What one has had more than others is remembered until they have caught up.
      long least = leastOfThoseThatWait().orElse(level);
      tenants.values().removeIf(tenant -> tenant.busy == 0 && tenant.had <= least);
    }
  }

  /** A sequence waits again. */
  void add(Sequence sequence) {
    Tenant tenant = tenant(sequence);
    if (tenant.waiting.isEmpty()) {
      // Having nothing that waits earns nothing, even where others of the tenant run.
      tenant.had = Math.max(tenant.had, levelFor(tenant));
    }
    tenant.waiting.add(sequence);
    size++;
    tokens += sequence.noteQueuedTokens();
  }

  /**
   * What a tenant has had at least, when it begins to wait: as much as the one of those that wait
   * who has had the least; if none waits, as the one of those that run who has had the most.
   */
  private long levelFor(Tenant newcomer) {
    return leastOfThoseThatWait()
        .orElseGet(
            () ->
                tenants.values().stream()
                    .filter(tenant -> tenant.busy > 0 && !tenant.equals(newcomer))
                    .mapToLong(tenant -> tenant.had)
                    .max()
                    .orElse(level));
  }

  private OptionalLong leastOfThoseThatWait() {
    return tenants.values().stream()
        .filter(tenant -> !tenant.waiting.isEmpty())
        .mapToLong(tenant -> tenant.had)
        .min();
  }

  /** Sequences of a tenant that wait. */
  int sizeOf(String name) {
    Tenant tenant = tenants.get(name);
    return tenant == null ? 0 : tenant.waiting.size();
  }

  /**
   * A tenant's part of a whole by weight, among those that wait.
   *
   * @param weight of the tenant, which may be new
   */
  long partOf(String name, int weight, long whole) {
    long others =
        tenants.entrySet().stream()
            .filter(entry -> !entry.getKey().equals(name))
            .filter(entry -> !entry.getValue().waiting.isEmpty())
            .mapToLong(entry -> entry.getValue().weight)
            .sum();
    return Math.max(1, whole * weight / (weight + others));
  }

  /** What a sequence's tenant has had, for its weight; more is more. */
  long hadBy(Sequence sequence) {
    return tenant(sequence).had;
  }

  /** A sequence waits no more. */
  void remove(Sequence sequence) {
    if (!tenant(sequence).waiting.remove(sequence)) {
      throw new IllegalStateException(sequence + " does not wait");
    }
    size--;
    tokens -= sequence.queuedTokens();
  }

  /** So many tokens of a sequence are computed, for the first time. */
  void charge(Sequence sequence, int computed) {
    Tenant tenant = tenant(sequence);
    tenant.had += computed * TOKEN_COST / tenant.weight;
  }

  /** Sequences that wait. */
  int size() {
    return size;
  }

  /** Tokens of those that wait. */
  long tokens() {
    return tokens;
  }

  /** Goes through those that wait, in their order; nothing else may change the queue meanwhile. */
  Cursor cursor() {
    return new Cursor();
  }

  private Tenant tenant(Sequence sequence) {
    return tenants.get(sequence.standing().tenant());
  }

  /**
   * A pass over the queue: each sequence that it stands at is taken or skipped. What is charged
   * meanwhile counts at once.
   */
  final class Cursor {
    // In the order of names, so that of equals the first is always the same.
    private final List<Lane> lanes = new ArrayList<>();

    private Cursor() {
      for (Tenant tenant : tenants.values()) {
        Lane lane = new Lane(tenant);
        if (lane.head != null) {
          lanes.add(lane);
        }
      }
    }

    /** The sequence that the cursor stands at; empty behind the last. */
    Optional<Sequence> sequence() {
      return lanes.isEmpty() ? Optional.empty() : Optional.of(lane().head);
    }

    /** The sequence waits no more; on to the next one. */
    void take() {
      Lane lane = lane();
      lane.waiting.remove();
      size--;
      tokens -= lane.head.queuedTokens();
      advance(lane);
    }

    /** The sequence goes on waiting; on to the next one. */
    void skip() {
      advance(lane());
    }

    private Lane lane() {
      Lane least = lanes.getFirst();
      for (Lane lane : lanes) {
        if (lane.tenant.had < least.tenant.had) {
          least = lane;
        }
      }
      return least;
    }

    private void advance(Lane lane) {
      lane.advance();
      if (lane.head == null) {
        lanes.remove(lane);
      }
    }
  }

  /** What a cursor has not seen yet of a tenant. */
  private static final class Lane {
    private final Tenant tenant;
    private final Iterator<Sequence> waiting;
    private Sequence head;

    Lane(Tenant tenant) {
      this.tenant = tenant;
      waiting = tenant.waiting.iterator();
      advance();
    }

    void advance() {
      head = waiting.hasNext() ? waiting.next() : null;
    }
  }
}
