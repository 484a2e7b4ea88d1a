package io.rack72.rack;

import io.rack72.hardware.GpuId;
import io.rack72.hardware.TrayId;
import java.util.List;

/**
 * A node tells another that it is there; several times a second where it is part of the rack.
 *
 * @param from the node
 * @param failed trays of it that do not compute any more
 * @param slow GPUs of it whose ports are slow
 * @param silent nodes that it has not heard of for too long
 * @param beats from this pulse to its next, 1 to {@value #MOST_BEATS}
 */
public record Pulse(
    NodeId from, List<TrayId> failed, List<GpuId> slow, List<NodeId> silent, int beats)
    implements NodeActor.Command, Control {
  /** A node that could be silent for longer would never be missed. */
  static final int MOST_BEATS = 16;

  public Pulse {
    if (beats < 1 || beats > MOST_BEATS) {
      throw new IllegalArgumentException(
          "the next pulse is 1 to %d beats away, not %d".formatted(MOST_BEATS, beats));
    }
    failed = List.copyOf(failed);
    slow = List.copyOf(slow);
    silent = List.copyOf(silent);
  }
}
