package io.rack72.schedule;

/** What can happen in a {@link SchedulerWorld}: worlds are worth something if all of it does. */
enum WorldEvent {
  STEP,
  FINISHED,
  /** A step had as many rows of prompts as it could beside decodes. */
  PREFILL_LIMITED,
  REFUSED_TOO_LARGE,
  REFUSED_FOR_COUNT,
  /** The queue was full, and a tenant that had less than its part was let in all the same. */
  QUEUED_BEYOND_THE_LIMIT,
  REFUSED_FOR_TOKENS,
  PREEMPTED,
  /** A prompt gave way to one of its tenant that had to move here, and that began. */
  MADE_WAY_FOR_MOVED,
  /**
   * A prompt was preempted, and one of its tenant that had to move here waits still: what runs took
   * the rows or the blocks, or it was for their sake.
   */
  MADE_WAY_IN_VAIN,
  /** A preempted sequence found some of its own blocks again, or others' of the same text. */
  BEGAN_AGAIN_WITH_A_HIT,
  HIT,
  /** All of a prompt but its last token was found, or its last block. */
  HIT_OF_ALL_THAT_CAN_BE_FOUND,
  /** The full layers had more of a prefix than the sliding layers had the window for. */
  HIT_LIMITED_BY_WINDOW,
  /** The next block of a beginning sequence was computed once, and is gone. */
  EVICTED,
  /** A block that had been evicted came back from the host's memory. */
  FROM_HOST,
  /** A block held by two sequences at a time. */
  SHARED_BLOCK,
  /** A sequence waited for another to compute its prefix, and was overtaken by a third. */
  OVERTAKEN_FOR_PREFIX,
  OVERTAKEN_BY_PRIORITY,
  /** What another was computing was begun a second time. */
  COMPUTED_TWICE,
  ABORTED_IN_STEP,
  ABORTED_WAITING,
  ABORTED_PAUSED,
  PAUSED_IN_STEP,
  PAUSED_WAITING,
  PAUSED_BETWEEN_STEPS,
  /** Paused in a step, and resumed before it was complete. */
  PAUSE_REVOKED,
  /** The token of the step in which a sequence was paused was its last. */
  FINISHED_WHILE_PAUSING,
  RESUMED,
  ALL_PAUSED
}
