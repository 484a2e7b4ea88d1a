package io.rack72.schedule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  private long level;
  private int size;
  private long tokens;

  private static final class Tenant {
    private final TreeSet<Sequence> waiting = new TreeSet<>(ORDER);
    private int weight;
    private int live;
    private long had;
  }

  /** A sequence of the tenant has arrived, and waits. */
  void arrive(Sequence sequence) {
    Standing standing = sequence.standing();
    Tenant tenant = tenants.computeIfAbsent(standing.tenant(), name -> new Tenant());
    tenant.weight = standing.weight();
    tenant.live++;
    add(sequence);
  }

  /** A sequence that had arrived is gone, and waits no more. */
  void leave(Sequence sequence) {
    if (--tenant(sequence).live == 0) {
      // What one has had more than others is remembered until they have caught up.
      tenants.values().removeIf(tenant -> tenant.live == 0 && tenant.had <= level);
    }
  }

  /** A sequence waits again. */
  void add(Sequence sequence) {
    Tenant tenant = tenant(sequence);
    if (tenant.waiting.isEmpty()) {
      // Sequences that run or are paused are no requests that wait: else one paused sequence would
      // earn its tenant all that others have meanwhile.
      tenant.had = Math.max(tenant.had, level);
    }
    tenant.waiting.add(sequence);
    size++;
    tokens += sequence.noteQueuedTokens();
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
      level = Math.max(level, lane.tenant.had);
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
