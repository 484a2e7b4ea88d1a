package io.rack72.fault;

import io.rack72.hardware.GpuId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Faults as text: in scenarios, which are HOCON, and on the wire, which is JSON and so HOCON too.
 * The field {@code fault} says which it is; the others are those of its record. Without state.
 */
public final class FaultText {
  private static final List<String> KINDS =
      List.of(
          "kill",
          "terminate",
          "freeze",
          "slow",
          "gpu-failure",
          "port-bandwidth",
          "fabric-noise",
          "partition",
          "checkpoint-gone");

  /** More than any rack has. */
  private static final int MAX_GPU = (1 << 16) - 1;

  private static final int MAX_NODE = 1023;

  private FaultText() {}

  /**
   * Reads a fault; other fields than its own are left to the caller.
   *
   * @throws io.rack72.config.InvalidConfigException that says where and what would be right
   */
  public static Fault read(Fields fields) {
    try {
      return switch (fields.word("fault", KINDS)) {
        case "kill" -> new Fault.Kill(node(fields));
        case "terminate" -> new Fault.Terminate(node(fields));
        case "freeze" -> new Fault.Freeze(node(fields), length(fields));
        case "slow" ->
            new Fault.Slow(
                node(fields), fields.number("share"), fields.duration("period"), length(fields));
        case "gpu-failure" -> new Fault.GpuFailure(gpu(fields));
        case "port-bandwidth" ->
            new Fault.PortBandwidth(gpu(fields), fields.number("factor"), length(fields));
        case "fabric-noise" ->
            new Fault.FabricNoise(
                fields.integers("nodes"),
                fields.number("loss"),
                fields.number("duplication"),
                fields.number("reordering"),
                fields.duration("delay"),
                length(fields));
        case "partition" ->
            new Fault.Partition(
                fields.integers("nodes"),
                fields.choice("direction", Fault.Direction.class),
                length(fields));
        default -> new Fault.CheckpointGone(fields.text("file"), length(fields));
      };
    } catch (IllegalArgumentException e) {
      throw fields.wrong(e.getMessage());
    }
  }

  /** The fields by which {@link #read} makes the same fault. */
  public static Map<String, Object> write(Fault fault) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("fault", kind(fault));
    switch (fault) {
      case Fault.OfProcess process -> {
        fields.put("node", process.node());
        if (process instanceof Fault.Slow slow) {
          fields.put("share", slow.share());
          fields.put("period", text(slow.period()));
        }
      }
      case Fault.GpuFailure(GpuId gpu) -> fields.put("gpu", gpu.index());
      case Fault.PortBandwidth(GpuId gpu, double factor, Duration _) -> {
        fields.put("gpu", gpu.index());
        fields.put("factor", factor);
      }
      case Fault.FabricNoise noise -> {
        fields.put("nodes", noise.nodes());
        fields.put("loss", noise.loss());
        fields.put("duplication", noise.duplication());
        fields.put("reordering", noise.reordering());
        fields.put("delay", text(noise.delay()));
      }
      case Fault.Partition partition -> {
        fields.put("nodes", partition.nodes());
        fields.put("direction", Fields.spelled(partition.direction()));
      }
      case Fault.CheckpointGone(String file, Duration _) -> fields.put("file", file);
    }
    if (!fault.length().isZero()) {
      fields.put("length", text(fault.length()));
    }
    return fields;
  }

  /** The word for it in scenarios. */
  public static String kind(Fault fault) {
    return switch (fault) {
      case Fault.Kill _ -> "kill";
      case Fault.Terminate _ -> "terminate";
      case Fault.Freeze _ -> "freeze";
      case Fault.Slow _ -> "slow";
      case Fault.GpuFailure _ -> "gpu-failure";
      case Fault.PortBandwidth _ -> "port-bandwidth";
      case Fault.FabricNoise _ -> "fabric-noise";
      case Fault.Partition _ -> "partition";
      case Fault.CheckpointGone _ -> "checkpoint-gone";
    };
  }

  /** The fault as people read it: its word, and its fields behind it. */
  public static String words(Fault fault) {
    return write(fault).entrySet().stream()
        .map(
            field ->
                field.getKey().equals("fault")
                    ? field.getValue().toString()
                    : field.getKey() + "=" + field.getValue())
        .collect(Collectors.joining(" "));
  }

  private static int node(Fields fields) {
    return fields.integer("node", 0, MAX_NODE);
  }

  private static GpuId gpu(Fields fields) {
    return new GpuId(fields.integer("gpu", 0, MAX_GPU));
  }

  private static Duration length(Fields fields) {
    return fields.duration("length");
  }

  private static String text(Duration duration) {
    boolean whole = duration.toNanosPart() % 1_000_000 == 0;
    return whole ? duration.toMillis() + "ms" : duration.toNanos() + "ns";
  }
}
