package io.rack72.schedule;

/**
 * How busy a scheduler is.
 *
 * @param waiting sequences that wait, preempted ones included
 * @param running sequences that run
 * @param tokensToCompute tokens, known already, whose keys and values are still to be computed
 * @param freeFullBlocks KV blocks of full layers that nobody owns
 * @param freeSlidingBlocks KV blocks of sliding layers that nobody owns
 * @param preemptions times that a sequence had to give its blocks back, since the start
 */
public record SchedulerLoad(
    int waiting,
    int running,
    long tokensToCompute,
    int freeFullBlocks,
    int freeSlidingBlocks,
    long preemptions) {}
