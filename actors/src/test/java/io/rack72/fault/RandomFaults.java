package io.rack72.fault;

import io.rack72.hardware.GpuId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;

/** Any fault of any kind. */
final class RandomFaults {
  static final int KINDS = 9;

  private static final List<Fault.Direction> DIRECTIONS =
      List.of(Fault.Direction.BOTH, Fault.Direction.INTO, Fault.Direction.OUT_OF);

  private RandomFaults() {}

  /** One of a kind, 0 to {@link #KINDS} exclusive. */
  static Fault of(int kind, SplittableRandom random) {
    int node = random.nextInt(16);
    GpuId gpu = new GpuId(random.nextInt(72));
    Duration length = Duration.ofNanos(random.nextLong(20_000_000, 60_000_000_000L));
    return switch (kind) {
      case 0 -> new Fault.Kill(node);
      case 1 -> new Fault.Terminate(node);
      case 2 -> new Fault.Freeze(node, length);
      case 3 ->
          new Fault.Slow(node, 1 - random.nextDouble(0.001, 0.999), Duration.ofMillis(15), length);
      case 4 -> new Fault.GpuFailure(gpu);
      case 5 -> new Fault.PortBandwidth(gpu, random.nextDouble(0.001, 1), length);
      case 6 ->
          new Fault.FabricNoise(
              nodes(random),
              random.nextDouble(),
              random.nextDouble(),
              random.nextDouble(),
              Duration.ofMillis(random.nextInt(1000)),
              length);
      case 7 ->
          new Fault.Partition(
              nodes(random), DIRECTIONS.get(random.nextInt(DIRECTIONS.size())), length);
      default -> new Fault.CheckpointGone("model-" + node + ".safetensors", length);
    };
  }

  private static Set<Integer> nodes(SplittableRandom random) {
    Set<Integer> nodes = new TreeSet<>();
    for (int i = random.nextInt(1, 5); i > 0; i--) {
      nodes.add(random.nextInt(16));
    }
    return nodes;
  }
}
