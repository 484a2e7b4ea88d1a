package io.rack72.roofline;

/**
 * Time that a serving stack's host takes while its GPUs wait. Constants of software, not of
 * hardware; immutable.
 *
 * @param stepMicros of each step: scheduling, inputs, launch of the recorded graph
 * @param sequenceMicros of each sequence in a step: its new token's way out
 * @param requestMicros of each new request before its first step: parsing, tokens, admission
 * @param hiddenMicros of every kernel that its successor's launch overlaps
 */
public record HostTime(
    double stepMicros, double sequenceMicros, double requestMicros, double hiddenMicros) {
  /**
   * Of a serving stack.
   *
   * @param stack such as {@code trtllm} or {@code vllm}
   * @throws IllegalArgumentException if it is not known
   */
  public static HostTime of(String stack, Constants constants) {
    return constants.group("host." + stack, HostTime.class);
  }
}
