package io.rack72.gpu;

import io.rack72.schedule.Urgency;

/**
 * How urgent what other GPUs compute is, as far as they have said in what they ask of this one. A
 * pure class; not thread-safe.
 */
final class OthersUrgency {
  /**
   * Steps that a standstill elsewhere is remembered for. Short ones fit between two layers of the
   * long step that ends it, and the second of them would know nothing of it.
   */
  private static final int STANDSTILL_STEPS = 2;

  private Urgency latest = Urgency.PROMPTS;
  private int steps;

  /** Another GPU has asked for experts. */
  void heard(Urgency urgency) {
    if (urgency.compareTo(latest) >= 0) {
      latest = urgency;
      steps = urgency == Urgency.STANDSTILL ? STANDSTILL_STEPS : 1;
    }
  }

  /** What the next step is to heed: the most urgent that was heard since the last one. */
  Urgency forNextStep() {
    Urgency heeded = latest;
    steps--;
    if (steps <= 0) {
      latest = Urgency.PROMPTS;
    }
    return heeded;
  }
}
