package io.rack72.schedule;

import io.rack72.kv.KvCache;
import io.rack72.kv.KvLayout;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.StepPlan.Share;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides what each step of one GPU computes. There is no prefill phase and no decode phase: every
 * sequence has tokens still to compute, one for a decode and many for a prompt, and a step takes
 * some of them under a token budget, of a prompt no more than a chunk. Running sequences come first
 * and are in every step, so that a long prompt never stalls the others; then waiting ones in the
 * order of their arrival.
 *
 * <p>When KV blocks run out, the youngest running sequence gives all of its blocks back and waits
 * at the head of the queue, to be computed again from its tokens. So the running sequences are
 * always the ones that arrived first, and the oldest, which fits alone or was refused, always gets
 * on: nothing starves and nothing deadlocks.
 *
 * <p>Use: {@link #step}, compute it, {@link #complete} it; append the sampled tokens of those that
 * are still live and {@link #finish} what has ended, then the next step. Sequences may be added,
 * finished and aborted at any time. Blocks that a step in flight may touch are not given to anybody
 * until it completes.
 *
 * <p>Pure: no clock, no threads, no randomness. Not thread-safe.
 */
public final class Scheduler {
  private final SchedulerLimits limits;
  private final KvCache cache;
  private final AdmissionRules admissionRules;
  private final int chunk;
  private final Map<SequenceId, Sequence> live = new HashMap<>();
  private final Deque<Sequence> waiting = new ArrayDeque<>();
  // Oldest first, and all of them older than those that wait.
  private final List<Sequence> running = new ArrayList<>();
  private Optional<StepPlan> inFlight = Optional.empty();
  // Ended while a step in flight used their blocks.
  private final List<Sequence> ending = new ArrayList<>();
  private long preemptions;

  /**
   * @param cache whose pools only this scheduler's sequences use
   * @throws IllegalArgumentException if no sequence could run in the sliding layers' pool
   */
  public Scheduler(SchedulerLimits limits, KvCache cache) {
    this.limits = limits;
    this.cache = cache;
    admissionRules = new AdmissionRules(limits, cache);
    chunk = largestChunk(limits, cache);
  }

  /**
   * Queues a sequence. It ends the same whether it is new or goes on from tokens that were
   * generated elsewhere.
   *
   * @param promptIds at least one token
   * @param generatedIds tokens generated before; fewer than its limit
   * @throws IllegalArgumentException if a sequence of this id is live
   */
  public Admission add(SequenceId id, int[] promptIds, int[] generatedIds, SamplingParams params) {
    if (live.containsKey(id)) {
      throw new IllegalArgumentException("sequence " + id + " is already here");
    }
    Optional<Admission.Refused> refusal = admissionRules.refusal(promptIds, generatedIds, params);
    if (refusal.isEmpty() && waiting.size() >= limits.maxWaiting()) {
      refusal =
          Optional.of(
              new Admission.Refused(
                  Admission.Reason.FULL,
                  waiting.size() + " sequences are waiting already, which is the limit"));
    }
    if (refusal.isPresent()) {
      return refusal.get();
    }
    Sequence sequence =
        new Sequence(id, promptIds, generatedIds, params, limits.contextLimit(), cache);
    live.put(id, sequence);
    waiting.addLast(sequence);
    return new Admission.Accepted(sequence);
  }

  /** As {@link #add}, for a sequence with a standing. */
  public Admission add(
      SequenceId id,
      int[] promptIds,
      int[] generatedIds,
      SamplingParams params,
      Standing standing) {
    return add(id, promptIds, generatedIds, params);
  }

  /** Computes a sequence no further until it is resumed. */
  public void pause(SequenceId id) {}

  /** Goes on with a paused sequence. */
  public void resume(SequenceId id) {}

  /**
   * Plans the next step and takes the blocks for it.
   *
   * @return empty if no sequence is live
   */
  public Optional<StepPlan> step() {
    if (inFlight.isPresent()) {
      throw new IllegalStateException("the last step is still in flight");
    }
    List<Share> shares = new ArrayList<>();
    long preemptionsBefore = preemptions;
    int budgetLeft = planRunning(shares);
    // Blocks that were just taken from a sequence are not for one that arrived after it.
    if (preemptions == preemptionsBefore) {
      planWaiting(shares, budgetLeft);
    }
    inFlight = shares.isEmpty() ? Optional.empty() : Optional.of(new StepPlan(shares));
    return inFlight;
  }

  /** Takes note that the step in flight has been computed. */
  public void complete(StepPlan plan) {
    if (!inFlight.equals(Optional.of(plan))) {
      throw new IllegalStateException("this step is not in flight");
    }
    inFlight = Optional.empty();
    for (Share share : plan.shares()) {
      if (share.sequence().isLive()) {
        share.sequence().advance(share.rows());
      }
    }
    ending.forEach(Sequence::releaseKv);
    ending.clear();
  }

  /** Lets go a sequence that has ended by itself. */
  public void finish(Sequence sequence) {
    if (live.remove(sequence.id(), sequence)) {
      end(sequence);
    } else {
      throw new IllegalArgumentException(sequence + " is not live here");
    }
  }

  /**
   * Lets go a sequence that nobody wants any more.
   *
   * @return whether it was live
   */
  public boolean abort(SequenceId id) {
    Sequence sequence = live.remove(id);
    if (sequence == null) {
      return false;
    }
    end(sequence);
    return true;
  }

  /** The live sequence of this id. */
  public Optional<Sequence> sequence(SequenceId id) {
    return Optional.ofNullable(live.get(id));
  }

  /** How busy this scheduler is now. */
  public SchedulerLoad load() {
    return new SchedulerLoad(
        waiting.size(),
        running.size(),
        live.values().stream().mapToLong(Sequence::remaining).sum(),
        cache.full().freeBlocks(),
        cache.sliding().freeBlocks(),
        preemptions);
  }

  /**
   * Plans the running sequences, oldest first; returns the rows that are left. There is a row for
   * each of them: only a share that the budget cut short can be larger in the next step, and that
   * was the youngest's, since nothing is admitted behind it while no budget is left.
   */
  private int planRunning(List<Share> shares) {
    int budgetLeft = limits.tokenBudget();
    for (int i = 0; i < running.size(); i++) {
      Sequence sequence = running.get(i);
      int rows = rows(sequence, budgetLeft);
      if (makeRoom(sequence, rows)) {
        shares.add(share(sequence, rows));
        budgetLeft -= rows;
      }
    }
    return budgetLeft;
  }

  /** Preempts until a sequence can grow; false if it was itself the youngest. */
  private boolean makeRoom(Sequence sequence, int rows) {
    while (!sequence.kv().canGrowTo(sequence.computed() + rows)) {
      Sequence youngest = running.removeLast();
      youngest.releaseKv();
      youngest.enter(Sequence.State.WAITING);
      waiting.addFirst(youngest);
      preemptions++;
      if (youngest == sequence) {
        return false;
      }
    }
    return true;
  }

  private void planWaiting(List<Share> shares, int budget) {
    int budgetLeft = budget;
    long promised = running.stream().mapToLong(this::promisedBlocks).sum();
    while (!waiting.isEmpty() && budgetLeft > 0 && running.size() < limits.maxRunning()) {
      Sequence sequence = waiting.getFirst();
      int rows = rows(sequence, budgetLeft);
      promised += promisedBlocks(sequence);
      // A prompt begins only when all of it fits beside the others: one that is preempted halfway
      // has cost every chunk that it computed.
      if (promised > cache.full().capacity() || !sequence.kv().canGrowTo(rows)) {
        return;
      }
      running.add(waiting.removeFirst());
      sequence.enter(Sequence.State.RUNNING);
      shares.add(share(sequence, rows));
      budgetLeft -= rows;
    }
  }

  /** Blocks of the full layers that the tokens known so far will take. */
  private long promisedBlocks(Sequence sequence) {
    return cache.layout().fullBlocksFor(sequence.length());
  }

  private int rows(Sequence sequence, int budgetLeft) {
    if (sequence.remaining() == 0) {
      throw new IllegalStateException(
          sequence + " has nothing to compute: its sampled token was not appended");
    }
    return Math.min(Math.min(sequence.remaining(), chunk), budgetLeft);
  }

  private static Share share(Sequence sequence, int rows) {
    sequence.kv().growTo(sequence.computed() + rows);
    return new Share(sequence, sequence.computed(), rows, rows == sequence.remaining());
  }

  private void end(Sequence sequence) {
    boolean used =
        inFlight.isPresent()
            && inFlight.get().shares().stream().anyMatch(share -> share.sequence() == sequence);
    if (sequence.state() == Sequence.State.RUNNING) {
      running.remove(sequence);
    } else {
      waiting.remove(sequence);
    }
    sequence.enter(Sequence.State.ENDED);
    if (used) {
      ending.add(sequence);
    } else {
      sequence.releaseKv();
    }
  }

  /** The largest chunk that a sequence alone can compute in the sliding layers' pool. */
  private static int largestChunk(SchedulerLimits limits, KvCache cache) {
    KvLayout layout = cache.layout();
    int capacity = cache.sliding().capacity();
    int largest = Math.min(limits.prefillChunk(), limits.tokenBudget());
    if (!layout.hasSlidingLayers() || layout.blocksFor(limits.contextLimit()) <= capacity) {
      return largest;
    }
    if (layout.slidingBlocksFor(1) > capacity) {
      throw new IllegalArgumentException(
          "a window of "
              + layout.config().slidingWindow()
              + " tokens needs "
              + layout.slidingBlocksFor(1)
              + " KV blocks, and the GPU has "
              + capacity);
    }
    while (layout.slidingBlocksFor(largest) > capacity) {
      largest--;
    }
    return largest;
  }
}
