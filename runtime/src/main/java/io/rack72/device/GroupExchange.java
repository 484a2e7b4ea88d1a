package io.rack72.device;

import java.util.Arrays;
import java.util.Map;

/** What a group's members exchange in one step, added up over layers. Not thread-safe. */
final class GroupExchange {
  private final GroupLinks links;
  private double[] there;
  private double[] back;

  /**
   * @param gpus that have experts
   */
  GroupExchange(int gpus, GroupLinks links) {
    this.links = links;
    there = new double[gpus];
    back = new double[gpus];
  }

  /** Adds what a GPU's experts get and answer in a layer, from its own GPU too. */
  void add(int gpu, double bytesThere, double bytesBack) {
    there[gpu] += bytesThere;
    back[gpu] += bytesBack;
  }

  /**
   * Ends a step, and tells the rack's links of it.
   *
   * @param shapes by the member that computes them
   * @param rows of all together, above 0
   * @param times that what was added counts
   * @return bytes that left GPUs
   */
  double end(Map<Integer, StepShape> shapes, int rows, double times) {
    // Those that only ask, and have no experts, come after those that do.
    int members = Math.max(there.length, 1 + shapes.keySet().stream().reduce(0, Integer::max));
    there = Arrays.copyOf(there, members);
    back = Arrays.copyOf(back, members);
    double[] parts = new double[members];
    shapes.forEach((member, shape) -> parts[member] = (double) shape.rows() / rows);
    for (int gpu = 0; gpu < members; gpu++) {
      there[gpu] *= times;
      back[gpu] *= times;
    }
    double bytes = links.exchange(parts, there, back);
    Arrays.fill(there, 0);
    Arrays.fill(back, 0);
    return bytes;
  }
}
