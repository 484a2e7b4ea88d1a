package io.rack72.roofline;

/**
 * Time that a serving stack's host takes while its GPUs wait. Constants of software, not of
 * hardware; immutable.
 *
 * @param stepMicros of each step: scheduling, inputs, launch of the recorded graph
 * @param sequenceMicros of each sequence in a step: its new token's way out
 * @param requestMicros of each new request before its first step: parsing, tokens, admission
 * @param hiddenMicros of every kernel that its successor's launch overlaps
 * @param promptStepMicros least duration of a step that reads prompts, whose kernels the host
 *     launches one by one
 */
public record HostTime(
    double stepMicros,
    double sequenceMicros,
    double requestMicros,
    double hiddenMicros,
    double promptStepMicros) {
  /**
   * Of a serving stack.
   *
   * @param stack {@code trtllm} or {@code vllm}
   * @param architecture of the GPUs, which stacks run with different programs
   * @throws IllegalArgumentException if it is not known
   */
  public static HostTime of(String stack, Architecture architecture, Constants constants) {
    return constants.group(group(stack, architecture), HostTime.class);
  }

  /** The group of constants of a stack. */
  public static String group(String stack, Architecture architecture) {
    return "host." + stack + "-" + Constants.hyphenated(architecture);
  }
}
