package io.rack72.gpu;

import io.rack72.hardware.GpuId;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.ExpertRoutes;
import io.rack72.schedule.HedgeLimits;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whom a GPU asks for experts, and how long it waits for them: not those that are lost with the
 * last change of the rack, nor those that its node does not hear, nor, for a while, those that were
 * slow. A pure class; not thread-safe.
 */
final class ExpertSources {
  private final GpuId gpu;
  private final Patience patience;
  private final SlowOwners slow;
  private Set<GpuId> lost = Set.of();
  private Set<GpuId> out = Set.of();

  ExpertSources(GpuId gpu, HedgeLimits limits) {
    this.gpu = gpu;
    patience = new Patience(limits);
    slow = new SlowOwners(limits.avoidance().toNanos());
  }

  /** These were lost with a change of the rack that is under way. */
  void lose(Set<GpuId> gpus) {
    lost = gpus;
  }

  /** These do not answer, until further word. */
  void avoid(Set<GpuId> gpus) {
    out = gpus;
  }

  /** These have let the GPU wait too long. */
  void missed(GpuId owner, long nowNanos) {
    patience.hedged();
    slow.missed(owner, nowNanos);
  }

  /** Those that are not asked now. */
  Set<GpuId> notAsked(long nowNanos) {
    Set<GpuId> all = new TreeSet<>(out);
    all.addAll(lost);
    all.addAll(slow.at(nowNanos));
    // It can always ask itself.
    all.remove(gpu);
    return all;
  }

  /** Indices of those that are not asked since they were slow. */
  List<Integer> slow(long nowNanos) {
    return slow.at(nowNanos).stream().map(GpuId::index).toList();
  }

  /** Whom to ask by a placement that the GPU is in. */
  ExpertRoutes routes(ExpertPlacement placement, long nowNanos) {
    return ExpertRoutes.of(placement, gpu, notAsked(nowNanos));
  }

  /** How long the answers to a layer of so many assignments may take. */
  long patienceNanos(int assignments) {
    return patience.nanosFor(assignments);
  }

  /** A layer's answers have come, all of them from those who were asked. */
  void waited(int assignments, long nanos) {
    patience.waited(assignments, nanos);
  }
}
