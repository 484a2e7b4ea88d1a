package io.rack72.schedule;

/**
 * How urgent a step is to readers, and so to the GPUs that compute experts for it; the least urgent
 * first.
 */
public enum Urgency {
  /** It computes prompts: nobody reads any of it yet. */
  PROMPTS,
  /** Readers of running replies wait for their next tokens. */
  DECODES,
  /** Readers wait whose replies have stood still since their sequences had to move to this GPU. */
  STANDSTILL
}
