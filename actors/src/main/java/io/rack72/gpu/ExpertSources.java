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
 * slow, nor those behind slow ports; and where its own port is slow, nobody but itself, if it has
 * room. A pure class; not thread-safe.
 */
final class ExpertSources {
  private final GpuId gpu;
  private final Patience patience;
  private final SlowOwners slow;
  private final long deadlineNanos;
  private Set<GpuId> lost = Set.of();
  private Set<GpuId> out = Set.of();
  private Set<GpuId> slowPorts = Set.of();
  private boolean slowPortsAreUsed;
  private boolean alone;

  ExpertSources(GpuId gpu, HedgeLimits limits) {
    this.gpu = gpu;
    patience = new Patience(limits);
    deadlineNanos = limits.deadline().toNanos();
    slow = new SlowOwners(limits.avoidance().toNanos());
  }

  /** These were lost with a change of the rack that is under way. */
  void lose(Set<GpuId> gpus) {
    lost = gpus;
    slowPortsAreUsed = false;
  }

  /**
   * Until further word.
   *
   * @param silent GPUs that do not answer
   * @param behindSlowPorts GPUs to and from which everything takes long; perhaps this one
   */
  void avoid(Set<GpuId> silent, Set<GpuId> behindSlowPorts) {
    out = silent;
    if (!slowPorts.equals(behindSlowPorts)) {
      slowPorts = behindSlowPorts;
      slowPortsAreUsed = false;
    }
  }

  /**
   * Whether there is room for the experts of all others. Only then does a GPU behind a slow port
   * ask nobody: with less it would load them again and again, which may take longer.
   */
  void roomForAll(boolean roomForAll) {
    alone = roomForAll && slowPorts.contains(gpu);
  }

  /** These have let the GPU wait too long. */
  void missed(GpuId owner, long nowNanos) {
    patience.hedged();
    slow.missed(owner, nowNanos);
  }

  /**
   * There is no room for experts of others. Those that were slow are asked again as if they had not
   * been, and those behind slow ports all the same, until another placement or other slow ports.
   */
  void noRoom() {
    slow.forgive();
    slowPortsAreUsed = true;
  }

  /** Whether a GPU is asked now. It can always ask itself. */
  boolean asks(GpuId owner, long nowNanos) {
    if (owner.equals(gpu)) {
      return true;
    }
    if (out.contains(owner) || lost.contains(owner)) {
      return false;
    }
    boolean slowPort = !slowPortsAreUsed && (alone || slowPorts.contains(owner));
    return !slowPort && !slow.at(nowNanos).contains(owner);
  }

  /** Indices of those that are slow: their ports, or they themselves a while ago. */
  List<Integer> slow(long nowNanos) {
    Set<GpuId> all = new TreeSet<>(slow.at(nowNanos));
    all.addAll(slowPorts);
    all.remove(gpu);
    return all.stream().map(GpuId::index).toList();
  }

  /** Whom to ask by a placement that the GPU is in. */
  ExpertRoutes routes(ExpertPlacement placement, long nowNanos) {
    if (out.isEmpty() && lost.isEmpty() && slowPorts.isEmpty() && slow.at(nowNanos).isEmpty()) {
      // As a rule, with each step.
      return ExpertRoutes.of(placement, gpu, Set.of());
    }
    Set<GpuId> notAsked = new TreeSet<>();
    for (int each : placement.gpus()) {
      GpuId owner = new GpuId(each);
      if (!asks(owner, nowNanos)) {
        notAsked.add(owner);
      }
    }
    return ExpertRoutes.of(placement, gpu, notAsked);
  }

  /** How long the answers to a layer of so many assignments may take. */
  long patienceNanos(int assignments) {
    return patience.nanosFor(assignments);
  }

  /** After which an answer is late in any case. */
  long deadlineNanos() {
    return deadlineNanos;
  }

  /** A layer's answers have come, all of them from those who were asked. */
  void waited(int assignments, long nanos) {
    patience.waited(assignments, nanos);
  }
}
