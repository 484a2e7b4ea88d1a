package io.rack72.twin;

import java.util.List;

/**
 * What a fault did to a run. Of faults that begin at the same instant nobody can tell which did
 * what: each has the GPUs that all of them left, and the requests of all.
 *
 * @param at when it began, in seconds of virtual time
 * @param what it was, as schedules have it
 * @param note why it did nothing, or empty
 * @param gpusLeft GPUs of the rack that computed after it; 0 where the rack is lost
 * @param tpsBefore tokens/s of replies in the 5 s before it, or in what there was of them
 * @param lowestTps tokens/s in the worst second that began after it, until 10 s after its end; null
 *     where the run was over within a second
 * @param recoveredSeconds until the first second after the worst one begins that has 95 % of what
 *     was before, in proportion to the GPUs that are left; 0 where all have, null where none has or
 *     no GPU is left
 * @param pauses of the streams that it found running
 * @param recomputed requests that had to go on elsewhere, until the next fault that does something;
 *     0 where it did nothing
 * @param failed requests that failed, until the next fault that does something; 0 where it did
 *     nothing
 */
public record FaultEffect(
    double at,
    String what,
    String note,
    int gpusLeft,
    double tpsBefore,
    Double lowestTps,
    Double recoveredSeconds,
    Pauses pauses,
    long recomputed,
    long failed) {

  /**
   * The largest gap between two tokens that each stream had, of those gaps that lie at least in
   * part between the fault's begin and 10 s after its end; in milliseconds, 0 where there was no
   * stream.
   */
  public record Pauses(int streams, double p50, double p99, double max) {
    private static final double NANOS_PER_MILLI = 1e6;

    /**
     * @param largest gap of each stream, ascending, in nanoseconds
     */
    static Pauses of(List<Long> largest) {
      return new Pauses(largest.size(), at(largest, 0.5), at(largest, 0.99), at(largest, 1));
    }

    private static double at(List<Long> largest, double part) {
      int rank = (int) Math.ceil(part * largest.size());
      return rank == 0 ? 0 : largest.get(rank - 1) / NANOS_PER_MILLI;
    }
  }
}
