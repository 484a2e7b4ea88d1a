package io.rack72.schedule;

import java.util.List;

/**
 * The rows that a step has left, of which prompts may have only some, and how urgent those are that
 * it has given. Not thread-safe.
 */
final class StepBudget {
  /**
   * Rows of prompts for each row of a decode in one step, at least: a step of many decodes is long
   * enough to carry some more, and with few rows of prompts the batch would shrink.
   */
  private static final int PREFILL_ROWS_PER_DECODE = 2;

  /**
   * Whole steps that it takes at most to compute a sequence again for which all of the rack holds
   * prompts back: a longer one has its reader wait long in any case, and so would all others.
   */
  private static final int SPARED_STEPS = 16;

  private final SchedulerLimits limits;
  private int rows;
  private int prefillRows;
  private Urgency urgency = Urgency.PROMPTS;

  /**
   * @param others how urgent it is what other GPUs compute meanwhile
   */
  StepBudget(SchedulerLimits limits, List<Sequence> running, WaitingQueue waiting, Urgency others) {
    this.limits = limits;
    rows = limits.tokenBudget();
    prefillRows = prefillLimit(running, waiting, others);
  }

  /**
   * How many rows of prompts the step may have. Readers of running replies are spared as long as
   * they are not the fewer: where more sequences still have their prompt before them, as in a
   * burst, all gain from getting these into the batch. A sequence that goes on in the middle of its
   * reply, since it was moved here or was preempted, has such a reader, who has waited already: its
   * own rows are not counted, and all others' prompts spare it once it runs or is the next to.
   * While other tenants' sequences are before it, to hold these back would not bring its turn
   * nearer. One that had to move to another GPU is spared by all that compute experts for it: what
   * it lost is computed again as fast as they answer.
   */
  private int prefillLimit(List<Sequence> running, WaitingQueue waiting, Urgency others) {
    boolean goesOn =
        running.stream().anyMatch(Sequence::isComputedAgain)
            || waiting.cursor().sequence().filter(Sequence::isComputedAgain).isPresent();
    int decodes = 0;
    int prompts = 0;
    for (Sequence sequence : running) {
      if (sequence.remaining() == 1) {
        decodes++;
      } else if (!sequence.isComputedAgain()) {
        prompts++;
      }
    }
    prompts += waiting.size();
    boolean spared =
        goesOn
            || others == Urgency.STANDSTILL
            || (decodes > 0 ? prompts <= decodes : others == Urgency.DECODES && prompts <= 1);
    return spared
        ? Math.max(limits.prefillBesideDecodes(), PREFILL_ROWS_PER_DECODE * decodes)
        : limits.tokenBudget();
  }

  /** Whether the step may have a row more. */
  boolean hasRows() {
    return rows > 0;
  }

  /**
   * How many rows a sequence may have; of a prompt perhaps none.
   *
   * @param remaining tokens that it has still to compute; at least one
   * @param chunk rows that a sequence has in a step at most
   * @param kept rows that are for others
   */
  int rowsFor(Sequence sequence, int remaining, int chunk, int kept) {
    if (remaining == 0) {
      throw new IllegalStateException(
          "a sequence has nothing to compute: its sampled token was not appended");
    }
    int left = rows - kept;
    boolean free = remaining == 1 || sequence.isComputedAgain();
    return Math.min(Math.min(remaining, chunk), free ? left : Math.min(left, prefillRows));
  }

  /** Gives rows to a sequence. */
  void take(Sequence sequence, int taken) {
    boolean decodes = sequence.remaining() == 1;
    rows -= taken;
    prefillRows -= decodes || sequence.isComputedAgain() ? 0 : taken;
    Urgency share = decodes ? Urgency.DECODES : Urgency.PROMPTS;
    if (isSpared(sequence)) {
      share = Urgency.STANDSTILL;
    }
    urgency = share.compareTo(urgency) > 0 ? share : urgency;
  }

  private boolean isSpared(Sequence sequence) {
    return sequence.standsStill() && sequence.length() <= SPARED_STEPS * limits.tokenBudget();
  }

  /** The most urgent of what the step has. */
  Urgency urgency() {
    return urgency;
  }
}
