package io.rack72.schedule;

/**
 * How busy a scheduler is, and what it has done since the start.
 *
 * @param waiting sequences that wait, preempted ones included
 * @param waitingTokens of those, known already
 * @param running sequences that run
 * @param paused sequences that their owners have paused
 * @param freeFullBlocks KV blocks of full layers that nobody holds
 * @param freeSlidingBlocks KV blocks of sliding layers that nobody holds
 * @param preemptions times that a sequence had to give its blocks back
 * @param computedTokens rows of all steps
 * @param cachedTokens tokens of prompts that others had computed before
 */
public record SchedulerLoad(
    int waiting,
    long waitingTokens,
    int running,
    int paused,
    int freeFullBlocks,
    int freeSlidingBlocks,
    long preemptions,
    long computedTokens,
    long cachedTokens) {
  /** Of a GPU that takes no sequences. */
  public static final SchedulerLoad NONE = new SchedulerLoad(0, 0, 0, 0, 0, 0, 0, 0, 0);
}
