package io.rack72.gpu;

import io.rack72.schedule.SequenceId;

/**
 * A GPU has let a sequence go: it ended, was refused or cancelled, or has to go on elsewhere. What
 * the router is told, once for each that it sent.
 *
 * @param attempt of the sequence
 * @param closed whether the GPU takes no sequences any more
 */
public record SequenceReleased(SequenceId id, int attempt, boolean closed) {}
