package io.rack72.schedule;

import io.rack72.kv.KvCache;
import io.rack72.kv.KvLayout;
import io.rack72.kv.SequenceKv;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.StepPlan.Share;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides what each step of one GPU computes. There is no prefill phase and no decode phase: every
 * sequence has tokens still to compute, one for a decode and many for a prompt, and a step takes
 * some of them under a token budget, of a prompt no more than a chunk. Running sequences come first
 * and are in every step, so that a long prompt never stalls the others; then waiting ones, in the
 * order of {@link WaitingQueue}.
 *
 * <p>A sequence that begins takes over the blocks of its prefix that others have computed, and
 * waits while another computes the next of them: what many share is computed once.
 *
 * <p>When KV blocks run out, a sequence of the tenant that has had the most, and of those the least
 * important or youngest one, gives its blocks back and waits, to be computed again from its tokens.
 * One sequence always gets on, since it fits alone or was refused: of several tenants' the one that
 * is here the longest, of one tenant's that of the lowest rank, and since one level of priority is
 * worth a bounded number of arrivals, each becomes that one: nothing starves and nothing deadlocks.
 * Pausing a sequence is the same, but that it waits for its owner. Prompts, of which nobody reads
 * anything yet, also give way to a sequence of their tenant that had to move here in the middle of
 * its reply.
 *
 * <p>Use: {@link #step}, compute it, {@link #complete} it; append the sampled tokens of those that
 * are still live and {@link #finish} what has ended, then the next step. Sequences may be added,
 * finished, aborted, paused and resumed at any time. Blocks that a step in flight may touch are not
 * given to anybody until it completes.
 *
 * <p>Pure: no clock, no threads, no randomness. Not thread-safe.
 */
public final class Scheduler {
  /**
   * Paused sequences have no blocks and cost little, so many more of them may be here than wait: a
   * few slow readers must not keep others out.
   */
  private static final int PAUSED_FOR_EACH_WAITING = 16;

  private final SchedulerLimits limits;
  private final KvCache cache;
  private final AdmissionRules admissionRules;
  private final KvLayout layout;
  private final int chunk;
  private final Map<SequenceId, Sequence> live = new HashMap<>();
  private final WaitingQueue waiting = new WaitingQueue();
  // By rank, the lowest first.
  private final List<Sequence> running = new ArrayList<>();
  private final PrefixesInWork prefixes = new PrefixesInWork();
  private final WayForMoved wayForMoved;
  private Optional<StepPlan> inFlight = Optional.empty();
  // Ended while a step in flight used their blocks.
  private final List<Sequence> ending = new ArrayList<>();
  private int paused;
  private long arrivals;
  private long preemptions;
  private long computedTokens;
  private long hostOutBytes;
  private long hostInBytes;
  private long cachedTokens;

  // Of no meaning; see where sequences are read ahead.
  @SuppressWarnings("UnusedVariable")
  private int readAhead;

  /**
   * @param cache whose pools only this scheduler's sequences use
   * @throws IllegalArgumentException if no sequence could run in the sliding layers' pool
   */
  public Scheduler(SchedulerLimits limits, KvCache cache) {
    this.limits = limits;
    this.cache = cache;
    admissionRules = new AdmissionRules(limits, cache);
    layout = cache.layout();
    chunk = largestChunk(limits, cache);
    wayForMoved = new WayForMoved(limits, layout, chunk, running, waiting, prefixes);
  }

  /**
   * Queues a sequence. It ends the same whether it is new or goes on from tokens that were
   * generated elsewhere.
   *
   * @param promptIds at least one token; kept, and not to be changed by anybody any more
   * @param generatedIds tokens generated before; fewer than its limit
   * @throws IllegalArgumentException if a sequence of this id is live
   */
  public Admission add(
      SequenceId id,
      int[] promptIds,
      int[] generatedIds,
      SamplingParams params,
      Standing standing) {
    return add(id, promptIds, generatedIds, params, standing, false);
  }

  /**
   * Queues a sequence, be there room in the queue or not where another GPU had taken it in before.
   *
   * @param movedHere whether it had
   */
  public Admission add(
      SequenceId id,
      int[] promptIds,
      int[] generatedIds,
      SamplingParams params,
      Standing standing,
      boolean movedHere) {
    if (live.containsKey(id)) {
      throw new IllegalArgumentException("sequence " + id + " is already here");
    }
    Optional<Admission.Refused> refusal =
        admissionRules
            .refusal(promptIds, generatedIds, params)
            .or(
                () ->
                    movedHere
                        ? Optional.empty()
                        : fullness((long) promptIds.length + generatedIds.length, standing));
    if (refusal.isPresent()) {
      return refusal.get();
    }
    Sequence sequence =
        new Sequence(
            id,
            promptIds,
            generatedIds,
            params,
            standing,
            arrivals++,
            limits.agingArrivals(),
            limits.contextLimit(),
            cache);
    live.put(id, sequence);
    waiting.arrive(sequence);
    return new Admission.Accepted(sequence);
  }

  private Optional<Admission.Refused> fullness(long tokens, Standing standing) {
    int limit = limits.maxWaiting();
    if (waiting.size() >= limit) {
      // Beyond the limit only those are queued who have less than their part of it. All parts
      // together are the limit, so no more than twice as many ever wait.
      long part = waiting.partOf(standing.tenant(), standing.weight(), limit);
      int own = waiting.sizeOf(standing.tenant());
      if (own >= part) {
        return full(
            waiting.size()
                + " sequences are waiting already, where "
                + limit
                + " may, and of these "
                + own
                + " are this client's, whose part is "
                + part);
      }
    }
    if (paused >= PAUSED_FOR_EACH_WAITING * limit) {
      return full(paused + " sequences wait for slow readers, which is the limit");
    }
    if (waiting.size() > 0 && waiting.tokens() + tokens > limits.maxWaitingTokens()) {
      return full(
          "%d tokens of other sequences are waiting already, and with these %d they would be more"
                  .formatted(waiting.tokens(), tokens)
              + " than the limit of %d".formatted(limits.maxWaitingTokens()));
    }
    return Optional.empty();
  }

  private static Optional<Admission.Refused> full(String detail) {
    return Optional.of(new Admission.Refused(Admission.Reason.FULL, detail));
  }

  /** Plans the next step of a GPU that computes for nobody else. */
  public Optional<StepPlan> step() {
    return step(Urgency.PROMPTS);
  }

  /**
   * Plans the next step and takes the blocks for it.
   *
   * @param others how urgent it is what other GPUs compute meanwhile, which wait for this one
   * @return empty if no sequence is to be computed
   */
  public Optional<StepPlan> step(Urgency others) {
    if (inFlight.isPresent()) {
      throw new IllegalStateException("the last step is still in flight");
    }
    List<Share> shares = new ArrayList<>();
    List<Sequence> started = new ArrayList<>();
    Optional<Sequence> moved = wayForMoved.make(this::preempt);
    long preemptionsBefore = preemptions;
    StepBudget budget = new StepBudget(limits, running, waiting, others);
    planRunning(shares, budget);
    // Blocks that were just taken from a sequence are not for one that comes after it.
    if (preemptions == preemptionsBefore) {
      planWaiting(shares, started, budget, moved);
    }
    inFlight =
        shares.isEmpty() ? Optional.empty() : Optional.of(plan(shares, started, budget.urgency()));
    return inFlight;
  }

  private StepPlan plan(List<Share> shares, List<Sequence> started, Urgency urgency) {
    long out = cache.hostOutBytes() - hostOutBytes;
    long in = cache.hostInBytes() - hostInBytes;
    hostOutBytes += out;
    hostInBytes += in;
    return new StepPlan(shares, started, out, in, urgency);
  }

  /** Takes note that the step in flight has been computed. */
  public void complete(StepPlan plan) {
    if (!inFlight.equals(Optional.of(plan))) {
      throw new IllegalStateException("this step is not in flight");
    }
    inFlight = Optional.empty();
    for (Share share : plan.shares()) {
      share.sequence().setInStep(false);
      if (share.needsLogits()) {
        readAhead += share.sequence().readAhead();
      }
    }
    for (Share share : plan.shares()) {
      Sequence sequence = share.sequence();
      if (sequence.isLive()) {
        int from = sequence.namedBlocks();
        sequence.advance(share.rows());
        prefixes.computed(sequence, from, sequence.namedBlocks());
        if (sequence.toBePaused()) {
          stopRunning(sequence);
          enterPause(sequence);
        }
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

  /**
   * Computes a sequence no further until it is resumed; its blocks are for others. One that is in
   * the step in flight gets the token of that step. A sequence that is not live or paused already
   * stays as it is.
   */
  public void pause(SequenceId id) {
    Sequence sequence = live.get(id);
    if (sequence == null || sequence.state() == Sequence.State.PAUSED) {
      return;
    }
    if (sequence.inStep()) {
      sequence.setToBePaused(true);
    } else {
      stop(sequence);
      enterPause(sequence);
    }
  }

  /** Lets a paused sequence wait for its turn; another one stays as it is. */
  public void resume(SequenceId id) {
    Sequence sequence = live.get(id);
    if (sequence == null) {
      return;
    }
    sequence.setToBePaused(false);
    if (sequence.state() == Sequence.State.PAUSED) {
      paused--;
      sequence.enter(Sequence.State.WAITING);
      waiting.arrive(sequence);
    }
  }

  /** The live sequence of this id. */
  public Optional<Sequence> sequence(SequenceId id) {
    return Optional.ofNullable(live.get(id));
  }

  /** How busy this scheduler is now. */
  public SchedulerLoad load() {
    return new SchedulerLoad(
        waiting.size(),
        waiting.tokens(),
        running.size(),
        paused,
        cache.full().freeBlocks(),
        cache.sliding().freeBlocks(),
        preemptions,
        computedTokens,
        cachedTokens);
  }

  /** Plans the running sequences. Each gets a row, whatever those before it could use. */
  private void planRunning(List<Share> shares, StepBudget budget) {
    List<Sequence> left = inOrderOfKeeping();
    for (int i = 0; i < left.size(); i++) {
      Sequence sequence = left.get(i);
      int behind = left.size() - 1 - i;
      int rows = Math.max(1, budget.rowsFor(sequence, sequence.remaining(), chunk, behind));
      if (makeRoom(sequence, rows, left)) {
        shares.add(share(sequence, rows, budget));
      }
    }
  }

  /**
   * The running sequences, the last of which gives way first: one of the tenant that has had the
   * most, and of those the one of the highest rank. The sequence that is here the longest comes
   * first, whosever it is, so that some sequence always gets on until it ends.
   */
  private List<Sequence> inOrderOfKeeping() {
    List<Sequence> order = new ArrayList<>(running);
    if (areOfOneTenant(order)) {
      // By rank, as they are: of one tenant the lowest rank always gets on.
      return order;
    }
    order.sort(Comparator.comparingLong(waiting::hadBy).thenComparing(WaitingQueue.ORDER));
    Sequence oldest = Collections.min(order, Comparator.comparingLong(Sequence::arrival));
    order.remove(oldest);
    order.addFirst(oldest);
    return order;
  }

  private static boolean areOfOneTenant(List<Sequence> sequences) {
    for (Sequence sequence : sequences) {
      if (!sequence.standing().tenant().equals(sequences.getFirst().standing().tenant())) {
        return false;
      }
    }
    return true;
  }

  /** Preempts until a sequence can grow; false if it was itself the one to give way. */
  private boolean makeRoom(Sequence sequence, int rows, List<Sequence> left) {
    while (!sequence.canGrow(rows)) {
      Sequence last = left.removeLast();
      preempt(last);
      if (last.equals(sequence)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Plans those that wait, as far as there is room.
   *
   * @param only the one that may begin, where others have made way for it
   */
  private void planWaiting(
      List<Share> shares, List<Sequence> started, StepBudget budget, Optional<Sequence> only) {
    if (waiting.size() == 0 || running.size() == limits.maxRunning()) {
      return;
    }
    long promised = 0;
    for (Sequence sequence : running) {
      promised += sequence.blocksToCome(layout);
    }
    WaitingQueue.Cursor queue = waiting.cursor();
    while (budget.hasRows()
        && running.size() < limits.maxRunning()
        && queue.sequence().isPresent()) {
      Sequence sequence = queue.sequence().get();
      if (only.isPresent() && !only.get().equals(sequence)) {
        return;
      }
      SequenceKv.Prefix prefix = prefixes.findOrWait(sequence);
      if (prefix == null) {
        queue.skip();
        continue;
      }
      int cached = prefix.blocks() * layout.blockTokens();
      int rows = budget.rowsFor(sequence, sequence.length() - cached, chunk, 0);
      // A prompt begins only when all of it fits beside the others, with a block more of each: one
      // that is preempted has cost every chunk that it computed, and its reader, if it has got so
      // far, a long wait. Nobody overtakes it meanwhile, or it would starve.
      if (rows < 1
          || !sequence.kv().fits(prefix, sequence.lengthSoon(layout), cached + rows, promised)) {
        return;
      }
      queue.take();
      sequence.attachPrefix(prefix);
      if (sequence.begin()) {
        started.add(sequence);
        cachedTokens += sequence.cachedTokens();
      }
      insert(sequence);
      prefixes.begin(sequence);
      shares.add(share(sequence, rows, budget));
      promised += sequence.blocksToCome(layout);
    }
  }

  private Share share(Sequence sequence, int rows, StepBudget budget) {
    budget.take(sequence, rows);
    waiting.charge(sequence, sequence.grow(rows));
    sequence.setInStep(true);
    computedTokens += rows;
    boolean needsLogits = rows == sequence.remaining();
    return new Share(sequence, sequence.computed(), rows, needsLogits);
  }

  private void insert(Sequence sequence) {
    int at = Collections.binarySearch(running, sequence, WaitingQueue.ORDER);
    running.add(-at - 1, sequence);
  }

  private void end(Sequence sequence) {
    boolean used = sequence.inStep();
    switch (sequence.state()) {
      case RUNNING -> {
        prefixes.end(sequence);
        running.remove(sequence);
        waiting.leave(sequence);
      }
      case WAITING -> {
        waiting.remove(sequence);
        waiting.leave(sequence);
      }
      case PAUSED -> paused--;
      case ENDED -> throw new IllegalStateException(sequence + " has ended before");
    }
    sequence.enter(Sequence.State.ENDED);
    if (used) {
      ending.add(sequence);
    } else {
      sequence.releaseKv();
    }
  }

  /** Takes a running or waiting sequence from where it is; no step uses it. */
  private void stop(Sequence sequence) {
    if (sequence.state() == Sequence.State.RUNNING) {
      stopRunning(sequence);
    } else {
      waiting.remove(sequence);
    }
  }

  private void preempt(Sequence sequence) {
    stopRunning(sequence);
    enterWait(sequence);
    preemptions++;
  }

  private void stopRunning(Sequence sequence) {
    prefixes.end(sequence);
    running.remove(sequence);
    sequence.releaseKv();
  }

  private void enterWait(Sequence sequence) {
    sequence.enter(Sequence.State.WAITING);
    waiting.add(sequence);
  }

  private void enterPause(Sequence sequence) {
    sequence.setToBePaused(false);
    // What a pause loses is computed at its tenant's cost; it is not for others to pay.
    sequence.forgetComputed();
    sequence.enter(Sequence.State.PAUSED);
    waiting.leave(sequence);
    paused++;
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
