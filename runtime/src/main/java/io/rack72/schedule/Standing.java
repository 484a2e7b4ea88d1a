package io.rack72.schedule;

/**
 * How a sequence stands among the others on its GPU. Tokens do not depend on it, only when they
 * come.
 *
 * @param tenant who shares the GPU with others by weight: sequences of one tenant wait for each
 *     other by priority, those of different tenants by what each has had
 * @param weight of the tenant's share, 1 or more; a tenant's latest sequence tells it
 * @param priority among the tenant's sequences: lower is earlier
 * @param cacheSalt keeps prefixes apart: only sequences of the same salt share what was computed;
 *     empty for all that have none
 */
public record Standing(String tenant, int weight, int priority, String cacheSalt) {
  /** Priorities are within this of 0. */
  public static final int PRIORITY_LIMIT = 1000;

  /** Of those who say nothing of it. */
  public static final Standing DEFAULT = new Standing("", 1, 0, "");

  public Standing {
    if (weight < 1) {
      throw new IllegalArgumentException("a tenant's weight is at least 1, not " + weight);
    }
    if (Math.abs((long) priority) > PRIORITY_LIMIT) {
      throw new IllegalArgumentException(
          "a priority is within " + PRIORITY_LIMIT + " of 0, not " + priority);
    }
  }
}
