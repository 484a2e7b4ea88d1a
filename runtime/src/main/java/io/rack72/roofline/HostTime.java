package io.rack72.roofline;

/**
 * Time that a serving stack's host takes while its GPUs wait. Constants of software, not of
 * hardware; immutable.
 *
 * @param stepMicros of each step: scheduling, inputs, launch of the recorded graph
 * @param sequenceMicros of each sequence in a step: its new token's way out
 * @param requestMicros of each new request before its first step: parsing, tokens, admission
 * @param promptMicros more of a step that reads prompts: no recorded graph has its shape, so that
 *     kernels are launched one by one, and what later steps need of new requests is set up
 */
public record HostTime(
    double stepMicros, double sequenceMicros, double requestMicros, double promptMicros) {
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

  /** Of a step. */
  public double micros(StepWork work) {
    return stepMicros
        + sequenceMicros * work.sequences()
        + (work.chunks().isEmpty() ? 0 : promptMicros);
  }

  /**
   * The group of constants of a stack. None was measured on workstations, which are given those of
   * the other GPUs of their generation.
   */
  public static String group(String stack, Architecture architecture) {
    String generation = architecture == Architecture.HOPPER ? "hopper" : "blackwell";
    return "host." + stack + "-" + generation;
  }
}
