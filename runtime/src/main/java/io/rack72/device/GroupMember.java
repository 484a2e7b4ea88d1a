package io.rack72.device;

/**
 * A GPU's place in the group with which it takes its steps.
 *
 * @param number of the GPU among those that take steps with the group, from 0; owners of experts
 *     come first
 */
public record GroupMember(ExpertGroup group, int number) {
  /** Joins the group's next step; see {@link ExpertGroup#join}. */
  long join(StepShape shape, long nowNanos) {
    return group.join(number, shape, nowNanos);
  }
}
