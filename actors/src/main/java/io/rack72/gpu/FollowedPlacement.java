package io.rack72.gpu;

import io.rack72.hardware.GpuId;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.Placement;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The placement that a GPU's next step follows, and the memory for sequences, which the GPU has
 * from when a placement lets it take some until none does and no step needs it. Not thread-safe.
 */
final class FollowedPlacement {
  private final GpuId gpu;
  private final Supplier<Attendance> attendances;
  private Optional<Placement> placement = Optional.empty();
  private Optional<Attendance> attendance = Optional.empty();
  // Waits until no step follows an earlier placement.
  private Optional<ActorRef<PlacementStep>> settling = Optional.empty();

  /**
   * @param attendances makes what the GPU needs while it takes sequences
   */
  FollowedPlacement(GpuId gpu, Supplier<Attendance> attendances) {
    this.gpu = gpu;
    this.attendances = attendances;
  }

  /**
   * Follows this placement, with memory for sequences if it lets the GPU take some. Memory that it
   * has from before stays until it is freed.
   *
   * @param replyTo is told by {@link #settle}
   */
  void commit(Placement next, ActorRef<PlacementStep> replyTo) {
    placement = Optional.of(next);
    settling = Optional.of(replyTo);
    if (next.attends(gpu) && attendance.isEmpty()) {
      attendance = Optional.of(attendances.get());
    }
  }

  /**
   * Tells, once for each placement, that no step follows an earlier one, if that is so.
   *
   * @param running epoch of the placement that the step in flight follows; empty where none is
   */
  void settle(OptionalLong running) {
    if (settling.isEmpty() || (running.isPresent() && running.getAsLong() != epoch())) {
      return;
    }
    settling.get().tell(new PlacementStep.Settled(gpu, epoch()));
    settling = Optional.empty();
  }

  /** Number of the placement; 0 before the first. */
  long epoch() {
    return placement.map(Placement::epoch).orElse(0L);
  }

  /**
   * Who owns which experts.
   *
   * @throws java.util.NoSuchElementException before the first placement
   */
  ExpertPlacement experts() {
    return placement.orElseThrow().experts();
  }

  /** Whether the GPU takes sequences. */
  boolean attends() {
    return placement.isPresent() && placement.get().attends(gpu);
  }

  /** What there is for sequences; none where no placement has let the GPU take any. */
  Optional<Attendance> attendance() {
    return attendance;
  }

  /** Frees the memory for sequences if the GPU takes none; no step may be in flight. */
  void freeUnused() {
    if (!attends()) {
      free();
    }
  }

  /** Frees the memory for sequences. */
  void free() {
    attendance.ifPresent(Attendance::close);
    attendance = Optional.empty();
  }
}
